import assert from 'node:assert/strict';
import { parseInputs } from '../../../../tasks/PublishArtifacts/inputs.ts';
import { parseReferrerTypes } from '../../../../tasks/PublishArtifacts/referrer-types.ts';
import { FOLDERS, recordingInputs } from '../../../support/recording-inputs.ts';

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
    { text: 'none\nnone', types: [] },
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

describe('PublishArtifacts referrerTypes beside requireSignatures', () => {
  const parse = (values: Readonly<Record<string, string>>): ReturnType<typeof parseInputs> =>
    parseInputs(
      recordingInputs({
        ...{ imageInfo: 'image-info.json', sourceRegistry: 'build.example' },
        ...{ targetRegistry: 'public.example', ...values },
      }),
      FOLDERS,
    );

  const refused = [
    {
      referrerTypes: SBOM,
      message:
        'lacks application/vnd.cncf.notary.signature, but requireSignatures is present: add it, or set requireSignatures to none',
    },
    {
      referrerTypes: 'none',
      message: 'is none, so signatures would not travel: set requireSignatures to none as well',
    },
  ];
  for (const { referrerTypes, message } of refused) {
    it(`refuses ${referrerTypes} where signatures are asked for`, () => {
      const inputs = parse({ referrerTypes });
      assert.ok(!inputs.ok);
      assert.deepEqual(inputs.problems, [{ path: 'referrerTypes', message }]);
    });

    it(`lets ${referrerTypes} pass where nobody asks for signatures`, () => {
      assert.ok(parse({ referrerTypes, requireSignatures: 'none' }).ok);
    });
  }
});
