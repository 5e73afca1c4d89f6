import assert from 'node:assert/strict';
import { parseImageInfoSource } from '../../../shared/image-info/source.ts';
import type { ImageInfoTexts } from '../../../shared/image-info/source.ts';

const DEFAULTS = { root: '/workspace', names: ['image-info-signed', 'image-info'] };

describe('source parseImageInfoSource', () => {
  const parse = (texts: Partial<ImageInfoTexts>): ReturnType<typeof parseImageInfoSource> =>
    parseImageInfoSource({ path: '', artifact: '', runId: '', ...texts }, DEFAULTS);

  const cases = [
    {
      name: 'a path',
      texts: { path: 'a/b.json' },
      value: { kind: 'file', path: '/workspace/a/b.json' },
    },
    {
      name: 'a path before the artifact',
      texts: { path: '/b.json', artifact: 'image-info' },
      value: { kind: 'file', path: '/b.json' },
    },
    {
      name: 'nothing',
      texts: {},
      value: { kind: 'artifact', names: DEFAULTS.names, runId: undefined },
    },
    {
      name: 'an artifact of another run',
      texts: { artifact: 'mine', runId: '4711' },
      value: { kind: 'artifact', names: ['mine'], runId: 4711 },
    },
  ];
  for (const { name, texts, value } of cases) {
    it(`takes ${name}`, () => {
      assert.deepEqual(parse(texts), { ok: true, value });
    });
  }

  const refused = [
    { name: 'a run beside a path', texts: { path: 'a', runId: '1' }, path: 'imageInfoRunId' },
    { name: 'a run that is no number', texts: { runId: 'latest' }, path: 'imageInfoRunId' },
    { name: 'a run with something behind it', texts: { runId: '4711x' }, path: 'imageInfoRunId' },
    { name: 'a run with a sign', texts: { runId: '-1' }, path: 'imageInfoRunId' },
    {
      name: 'a variable that is not there',
      texts: { artifact: '$(name)' },
      path: 'imageInfoArtifact',
    },
  ];
  for (const { name, texts, path } of refused) {
    it(`refuses ${name}`, () => {
      const result = parse(texts);
      assert.ok(!result.ok);
      assert.deepEqual(
        result.problems.map((one) => one.path),
        [path],
      );
    });
  }
});
