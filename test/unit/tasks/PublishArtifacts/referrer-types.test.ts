import assert from 'node:assert/strict';
import { parseReferrerTypes } from '../../../../tasks/PublishArtifacts/referrer-types.ts';

const SBOM = 'application/spdx+json';
const SEAL = 'application/vnd.example.seal.v1';

describe('parseReferrerTypes', () => {
  const good: readonly { readonly text: string; readonly types: readonly string[] }[] = [
    { text: '', types: ['*'] },
    { text: ' \n\r\n', types: ['*'] },
    { text: '*', types: ['*'] },
    { text: ` ${SBOM} \r\n\n${SEAL}\n`, types: [SBOM, SEAL] },
    { text: `${SBOM}\n*`, types: [SBOM, '*'] },
    { text: ' none\n', types: [] },
  ];
  for (const { text, types } of good) {
    it(`reads ${JSON.stringify(text)}`, () => {
      assert.deepEqual(parseReferrerTypes(text), { ok: true, value: types });
    });
  }

  const bad: readonly { readonly text: string; readonly messages: readonly string[] }[] = [
    {
      text: `${SBOM}\nnone`,
      messages: ['is none, and lists types: give one or the other'],
    },
    {
      text: `# SBOMs\n${SBOM}\nspdx`,
      messages: ['"# SBOMs"', '"spdx"'].map(
        (line) =>
          `is neither an artifact type such as application/spdx+json, nor * nor none: ${line}`,
      ),
    },
    { text: `${SBOM}\n$(sealType)`, messages: ["the variable 'sealType' is not defined"] },
  ];
  for (const { text, messages } of bad) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      const result = parseReferrerTypes(text);
      assert.ok(!result.ok);
      assert.deepEqual(
        result.problems,
        messages.map((message) => ({ path: 'referrerTypes', message })),
      );
    });
  }
});
