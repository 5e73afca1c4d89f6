import assert from 'node:assert/strict';
import { parseBaseline, parseWait } from '../../../../tasks/PublishArtifacts/final-inputs.ts';
import { FOLDERS, recordingInputs } from '../../../support/recording-inputs.ts';

type Values = Readonly<Record<string, string>>;

const COMMIT = '0123456789'.repeat(4);

describe('final-inputs parseBaseline', () => {
  const noCommits = [
    { name: 'one digit too many', commitOverride: `${COMMIT}0` },
    { name: 'one digit too few', commitOverride: COMMIT.slice(1) },
    { name: 'something before it', commitOverride: `v${COMMIT}` },
    { name: 'upper case', commitOverride: 'A'.repeat(40) },
  ];
  for (const { name, commitOverride } of noCommits) {
    it(`refuses a commit with ${name}`, () => {
      const values: Values = { baselineImageInfo: 'a.json', commitOverride };
      assert.deepEqual(parseBaseline(recordingInputs(values), FOLDERS), {
        ok: false,
        problems: [
          {
            path: 'commitOverride',
            message: 'is not a commit of 40 hex digits in lower case',
          },
        ],
      });
    });
  }

  it('names the variable of a commit that nobody set', () => {
    const values: Values = { baselineImageInfo: 'a.json', commitOverride: '$(commit)' };
    assert.deepEqual(parseBaseline(recordingInputs(values), FOLDERS), {
      ok: false,
      problems: [{ path: 'commitOverride', message: "the variable 'commit' is not defined" }],
    });
  });
});

describe('final-inputs parseWait', () => {
  const places = [
    { text: 'mcr.example', registry: 'mcr.example', prefix: '', scheme: undefined },
    { text: 'mcr.example/dotnet', registry: 'mcr.example', prefix: 'dotnet', scheme: undefined },
    { text: 'localhost:5000/a/b/', registry: 'localhost:5000', prefix: 'a/b', scheme: undefined },
    { text: 'HTTPS://mcr.example/a', registry: 'mcr.example', prefix: 'a', scheme: 'https' },
    { text: 'http://mcr.example', registry: 'mcr.example', prefix: '', scheme: 'http' },
  ] as const;
  for (const { text, registry, prefix, scheme } of places) {
    it(`waits at ${registry} below '${prefix}' for ${text}, twenty minutes`, () => {
      assert.deepEqual(parseWait(recordingInputs({ waitForRegistry: text })), {
        ok: true,
        value: {
          place: { location: { registry, prefix }, connection: undefined, scheme },
          timeoutMs: 20 * 60_000,
        },
      });
    });
  }

  for (const waitTimeoutMinutes of ['1', '1440']) {
    it(`waits for ${waitTimeoutMinutes} minutes when told so`, () => {
      const wait = parseWait(
        recordingInputs({ waitForRegistry: 'mcr.example', waitTimeoutMinutes }),
      );
      assert.ok(wait.ok);
      assert.equal(wait.value?.timeoutMs, Number(waitTimeoutMinutes) * 60_000);
    });
  }

  const refused: readonly {
    readonly name: string;
    readonly values: Values;
    readonly path: string;
    readonly message: RegExp;
  }[] = [
    ...['1.5', '0x1F', '1e2', '0', '1441'].map((waitTimeoutMinutes) => ({
      name: `to wait for ${waitTimeoutMinutes}`,
      values: { waitForRegistry: 'mcr.example', waitTimeoutMinutes },
      path: 'waitTimeoutMinutes',
      message: /^is not a number of minutes from 1 to 1440$/,
    })),
    {
      name: 'a variable that nobody set',
      values: { waitForRegistry: '$(mirror)' },
      path: 'waitForRegistry',
      message: /^the variable 'mirror' is not defined$/,
    },
    {
      name: 'a prefix that is none',
      values: { waitForRegistry: 'mcr.example/Upper' },
      path: 'waitForRegistry',
      message: /Upper/,
    },
    {
      name: 'a host that is none',
      values: { waitForRegistry: 'a b/c' },
      path: 'waitForRegistry',
      message: /./,
    },
  ];
  for (const { name, values, path, message } of refused) {
    it(`refuses ${name}`, () => {
      const wait = parseWait(recordingInputs(values));
      assert.ok(!wait.ok);
      assert.deepEqual(
        wait.problems.map((one) => one.path),
        [path],
      );
      assert.match(wait.problems[0]?.message ?? '', message);
    });
  }
});
