import assert from 'node:assert/strict';
import { parsed, problem } from '../../../../shared/core/result.ts';
import { parseInputs } from '../../../../tasks/CreateManifestLists/inputs.ts';
import { FOLDERS, recordingInputs } from '../../../support/recording-inputs.ts';

const LEAST = { imageInfo: '*-image-info-*/image-info.json', registry: 'build.example' };

function messagesOf(values: Readonly<Record<string, string>>): readonly string[] {
  const result = parseInputs(recordingInputs(values), FOLDERS);
  assert.ok(!result.ok, 'the inputs were accepted');
  return result.problems.map(({ path, message }) => `${path}: ${message}`);
}

describe('CreateManifestLists parseInputs', () => {
  it('fills in defaults', () => {
    const inputs = parseInputs(recordingInputs(LEAST), FOLDERS);
    assert.deepEqual(inputs, {
      ok: true,
      value: {
        registry: {
          location: { registry: 'build.example', prefix: '' },
          connection: undefined,
          scheme: undefined,
        },
        registries: { trustedTokenHosts: [], referrersPerMinute: undefined },
        fragmentRoot: '/workspace',
        fragments: ['*-image-info-*/image-info.json'],
        fragmentArtifacts: '*-image-info-*',
        manifest: undefined,
        manifestVariables: new Map(),
        missingPlatforms: 'fail',
        published: undefined,
        attestations: 'drop',
        mediaType: 'auto',
        annotations: new Map(),
        output: '/temp/image-info/image-info.json',
        artifactName: undefined,
        dryRun: false,
      },
    });
  });

  it('takes everything that can be given', () => {
    const inputs = parseInputs(
      recordingInputs({
        imageInfo: ' a/*.json \r\n\n!a/x.json\n',
        registry: 'https://Build.Example/',
        repositoryPrefix: '/run/1/',
        trustedTokenHosts: 'login.example',
        referrersPerMinute: '100',
        manifest: 'manifest.json',
        manifestVariables: 'branch=main\nempty=',
        missingPlatforms: 'Import',
        publishedRegistry: 'mcr.example',
        publishedRepositoryPrefix: 'public/',
        attestations: 'keep',
        mediaType: 'oci',
        annotations: 'org.example.a=b=c',
        output: 'out/info.json',
        artifactName: 'image-info-1',
        dryRun: 'True',
      }),
      FOLDERS,
    );
    assert.ok(inputs.ok);
    assert.deepEqual(inputs.value, {
      registry: {
        location: { registry: 'build.example', prefix: 'run/1' },
        connection: undefined,
        scheme: 'https',
      },
      registries: { trustedTokenHosts: ['login.example'], referrersPerMinute: 100 },
      fragmentRoot: '/workspace',
      fragments: ['a/*.json', '!a/x.json'],
      fragmentArtifacts: '*-image-info-*',
      manifest: '/working/manifest.json',
      manifestVariables: new Map([
        ['branch', 'main'],
        ['empty', ''],
      ]),
      missingPlatforms: 'import',
      published: {
        location: { registry: 'mcr.example', prefix: 'public' },
        connection: undefined,
        scheme: undefined,
      },
      attestations: 'keep',
      mediaType: 'oci',
      annotations: new Map([['org.example.a', 'b=c']]),
      output: '/working/out/info.json',
      artifactName: 'image-info-1',
      dryRun: true,
    });
  });

  it('reports every problem in one go, with the name of the input', () => {
    const messages = messagesOf({
      repositoryPrefix: 'Not A Prefix',
      imageInfoArtifact: '$(leg)-image-info-*',
      manifest: '$(manifestPath)',
      manifestVariables: 'novalue',
      missingPlatforms: 'ignore',
      publishedRepositoryPrefix: 'public',
      attestations: 'sign',
      mediaType: 'tar',
      annotations: 'a=1\na=2',
      output: '$(outputFolder)/image-info.json',
      dryRun: 'perhaps',
    });
    assert.deepEqual(messages, [
      'registry: is required unless registryConnection is given',
      'repositoryPrefix: is not a repository prefix such as build/app: "Not A Prefix"',
      "imageInfoArtifact: the variable 'leg' is not defined",
      "manifest: the variable 'manifestPath' is not defined",
      'manifestVariables: is not of the form name=value: "novalue"',
      'missingPlatforms: is not one of fail, import, allow: "ignore"',
      'publishedRegistry: is required unless publishedConnection is given',
      'attestations: is not one of drop, keep: "sign"',
      'mediaType: is not one of auto, oci, docker: "tar"',
      "annotations: gives 'a' twice",
      "output: the variable 'outputFolder' is not defined",
      'dryRun: is neither true nor false: "perhaps"',
    ]);
  });

  const contradictions = [
    {
      name: 'annotations on Docker lists',
      values: { mediaType: 'docker', annotations: 'a=b' },
      message: 'annotations: need an OCI index: set mediaType to auto or oci',
    },
    {
      name: 'variables without a manifest',
      values: { manifestVariables: 'a=b' },
      message: 'manifestVariables: are for a build manifest: give manifest too',
    },
    {
      name: 'an import without a manifest',
      values: { missingPlatforms: 'import' },
      message:
        'missingPlatforms: is import, which needs a build manifest to say what is missing: give manifest too',
    },
    {
      name: 'a published location where nothing is imported',
      values: { publishedRegistry: 'mcr.example' },
      message:
        'publishedRegistry: says where missing platforms are imported from: set missingPlatforms to import',
    },
    {
      name: 'a published prefix where nothing is imported, by its name',
      values: { publishedRepositoryPrefix: 'public' },
      message:
        'publishedRepositoryPrefix: says where missing platforms are imported from: set missingPlatforms to import',
    },
    {
      name: 'an output that is the plan, which would be overwritten',
      values: { output: 'out/Plan.json' },
      message: 'output: cannot be called plan.json, which is written beside it',
    },
    {
      name: 'an output that is a folder',
      values: { output: 'out/' },
      message: 'output: is a folder: add the name of the file to write',
    },
  ] as const;
  for (const { name, values, message } of contradictions) {
    it(`refuses ${name}`, () => {
      assert.deepEqual(messagesOf({ ...LEAST, ...values }), [message]);
    });
  }

  it('refuses a connection to where images are published where nothing is imported, by its name', () => {
    const inputs = recordingInputs(LEAST, {
      publishedConnection: parsed({ registry: 'mcr.example' }),
    });
    assert.deepEqual(
      parseInputs(inputs, FOLDERS),
      problem(
        'publishedConnection',
        'says where missing platforms are imported from: set missingPlatforms to import',
      ),
    );
  });

  it('reports both contradictions at once', () => {
    const values = { ...LEAST, mediaType: 'docker', annotations: 'a=b', manifestVariables: 'a=b' };
    assert.equal(messagesOf(values).length, 2);
  });

  it('passes on what is wrong with the service connection', () => {
    const inputs = recordingInputs(LEAST, {
      registryConnection: problem('registryConnection', 'was not delivered'),
    });
    assert.deepEqual(
      parseInputs(inputs, FOLDERS),
      problem('registryConnection', 'was not delivered'),
    );
  });
});
