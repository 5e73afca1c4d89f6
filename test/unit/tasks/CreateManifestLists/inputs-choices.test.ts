import assert from 'node:assert/strict';
import { parsed, problem } from '../../../../shared/core/result.ts';
import { parseInputs } from '../../../../tasks/CreateManifestLists/inputs.ts';
import type { Inputs } from '../../../../tasks/CreateManifestLists/inputs.ts';
import { FOLDERS, recordingInputs } from '../../../support/recording-inputs.ts';

type Connections = Parameters<typeof recordingInputs>[1];

const LEAST = { imageInfo: '*.json', registry: 'build.example' };
const IMPORT = { ...LEAST, manifest: 'manifest.json', missingPlatforms: 'import' };

function inputsOf(values: Readonly<Record<string, string>>, connections?: Connections): Inputs {
  const inputs = parseInputs(recordingInputs(values, connections), FOLDERS);
  assert.ok(inputs.ok);
  return inputs.value;
}

describe('CreateManifestLists parseInputs, choices', () => {
  it('takes the artifacts that it is told', () => {
    const inputs = inputsOf({ registry: 'build.example', imageInfoArtifact: 'fragments-*' });
    assert.deepEqual(inputs.fragments, []);
    assert.equal(inputs.fragmentArtifacts, 'fragments-*');
  });

  it('names the variable of an artifact that nobody set', () => {
    const values = { registry: 'build.example', imageInfoArtifact: '$(fragments)' };
    assert.deepEqual(parseInputs(recordingInputs(values), FOLDERS), {
      ok: false,
      problems: [{ path: 'imageInfoArtifact', message: "the variable 'fragments' is not defined" }],
    });
  });

  it('makes Docker lists, which need no annotations', () => {
    assert.equal(inputsOf({ ...LEAST, mediaType: 'docker' }).mediaType, 'docker');
  });

  it('imports from where a connection leads', () => {
    const connection = { registry: 'published.example' };
    const { published } = inputsOf(IMPORT, { publishedConnection: parsed(connection) });
    assert.deepEqual(published, {
      ...{ location: { registry: 'published.example', prefix: '' }, connection, scheme: undefined },
    });
  });

  it('tells what is wrong with the connection of the published images', () => {
    const publishedConnection = problem('publishedConnection', 'is not there');
    const inputs = parseInputs(recordingInputs(IMPORT, { publishedConnection }), FOLDERS);
    assert.deepEqual(inputs, {
      ok: false,
      problems: [{ path: 'publishedConnection', message: 'is not there' }],
    });
  });

  it('wants to know the registry of a prefix', () => {
    const values = { ...IMPORT, publishedRepositoryPrefix: 'public' };
    const inputs = parseInputs(recordingInputs(values), FOLDERS);
    assert.deepEqual(inputs.ok ? [] : inputs.problems.map(({ path }) => path), [
      'publishedRegistry',
    ]);
  });
});
