import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { definite } from '../../../shared/core/errors.ts';
import { digestOf } from '../../../shared/oci/digest.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import { buildProduct } from '../../support/product/product.ts';
import type { Fault } from '../../support/registry/faults.ts';
import { assertRefused, assertUntouched } from './support/expect.ts';
import type { Complaint } from './support/expect.ts';
import { PRODUCT, taskLabs } from './support/labs.ts';
import type { Lab } from './support/labs.ts';
import { writeFiles } from './support/stages.ts';

/** A platform image of the product that is released. */
const IMAGE = definite(
  buildProduct(PRODUCT).find(({ isSuperseded }) => !isSuperseded),
  'an image',
);
const DIGEST = IMAGE.manifest.descriptor.digest;
const CONFIG = IMAGE.config.descriptor.digest;
const OTHER_DIGEST = `sha256:${'0'.repeat(64)}`;

/** The fragment of a job, as `linux-amd64-image-info-1/image-info.json` lies in the workspace. */
const FRAGMENT = 'linux-amd64-image-info-1/image-info.json';

interface Case extends Complaint {
  readonly name: string;
  readonly inputs?: Readonly<Record<string, string>>;
  /** Breaks what the task will read. */
  readonly prepare?: (lab: Lab) => unknown;
}

/** Writes another fragment, made from that of a job. */
function addFragment(change: (text: string) => string): (lab: Lab) => Promise<void> {
  return async ({ agent }) => {
    const text = await readFile(join(agent.workspace, FRAGMENT), 'utf8');
    await writeFiles(agent.workspace, { 'other-image-info-1/image-info.json': change(text) });
  };
}

function addFault(fault: Fault): (lab: Lab) => void {
  return ({ source }) => {
    source.addFault(fault);
  };
}

const inputCases: readonly Case[] = [
  {
    name: 'no inputs that can be used',
    inputs: { imageInfo: '$(fragments)', registry: '', repositoryPrefix: '' },
    code: 'INPUT_INVALID',
    says: [
      "imageInfo: the variable 'fragments' is not defined",
      'registry: is required unless registryConnection is given',
    ],
  },
  {
    name: 'several bad values, all in one error',
    inputs: { repositoryPrefix: 'Not/Valid', mediaType: 'tar', dryRun: 'maybe' },
    code: 'INPUT_INVALID',
    says: [
      '3 problems',
      'repositoryPrefix',
      'mediaType: is not one of auto, oci, docker',
      'dryRun',
    ],
  },
  {
    name: 'a variable that was never set',
    inputs: { registry: '$(buildRegistry)' },
    code: 'INPUT_INVALID',
    says: ['registry', 'buildRegistry'],
  },
  {
    name: 'annotations on a Docker list',
    inputs: { mediaType: 'docker', annotations: 'a=b' },
    code: 'INPUT_INVALID',
    says: ['annotations: need an OCI index: set mediaType to auto or oci'],
  },
  {
    name: 'manifest variables without a manifest',
    inputs: { manifestVariables: 'branch=main' },
    code: 'INPUT_INVALID',
    says: ['manifestVariables', 'give manifest too'],
  },
  {
    name: 'a build manifest that is not there',
    inputs: { manifest: 'no/manifest.json' },
    code: 'FILE_NOT_FOUND',
    says: ['no/manifest.json', 'Check the path'],
  },
];

const documentCases: readonly Case[] = [
  {
    name: 'a fragment that is not JSON',
    prepare: addFragment((text) => text.slice(0, 40)),
    code: 'IMAGE_INFO_INVALID',
    says: ['other-image-info-1/image-info.json: ', 'JSON'],
  },
  {
    name: 'a fragment of another shape',
    prepare: addFragment((text) =>
      text.replace(/"osType": "Linux"/, '"osType": 5').replace('"repo": "shop/api"', '"repo": "S"'),
    ),
    code: 'IMAGE_INFO_INVALID',
    says: [
      '2 problems',
      'other-image-info-1/image-info.json: repos[0].repo: is not a repository name',
      'other-image-info-1/image-info.json: repos[0].images[0].platforms[0].osType: is not string',
    ],
  },
  {
    name: 'a fragment that is no image-info',
    prepare: addFragment(() => '{"name":"package"}'),
    code: 'IMAGE_INFO_INVALID',
    says: ['other-image-info-1/image-info.json: ', 'it is not image-info'],
  },
  {
    name: 'fragments that disagree about a digest',
    prepare: addFragment((text) => text.replace(DIGEST, OTHER_DIGEST)),
    code: 'IMAGE_INFO_CONFLICT',
    says: [
      'shop/api: src/api/noble/amd64/Dockerfile (noble, amd64): has two digests',
      `${DIGEST} in `,
      FRAGMENT,
      `${OTHER_DIGEST} in `,
      'other-image-info-1/image-info.json',
      'Build each platform in one job only',
    ],
  },
];

const registryCases: readonly Case[] = [
  {
    name: 'a platform that is not in the registry',
    prepare: ({ source }) => {
      source.store.open('build/42/shop/api').manifests.delete(DIGEST);
    },
    code: 'PLATFORM_NOT_FOUND',
    says: [`build/42/shop/api@${DIGEST}: is not in the registry`, 'Check registry and'],
  },
  {
    name: 'a prefix where nothing is',
    inputs: { repositoryPrefix: 'build/43' },
    code: 'PLATFORM_NOT_FOUND',
    says: ['9 platform images', '/build/43/shop/web@sha256:', 'Check registry and'],
  },
  {
    name: 'a registry that nobody is',
    inputs: { registry: '127.0.0.1:1' },
    code: 'REGISTRY_UNAVAILABLE',
    says: ['127.0.0.1:1', 'ECONNREFUSED', 'Check the state of the registry'],
  },
  {
    name: 'a registry that wants a login',
    prepare: ({ source }) => {
      source.setOptions({ auth: { kind: 'basic', username: 'a', password: 'b' } });
    },
    code: 'REGISTRY_UNAUTHORIZED',
    says: ['wants a user name and password', 'docker login'],
  },
  {
    name: 'a manifest with other bytes than its digest says',
    prepare: addFault({
      match: { method: 'GET', path: `manifests/${DIGEST}` },
      action: { kind: 'corruptBody' },
    }),
    code: 'DIGEST_MISMATCH',
    says: [`build/42/shop/api@${DIGEST}`, 'Run again'],
  },
  {
    name: 'a config with other bytes than its digest says',
    prepare: addFault({
      match: { method: 'GET', path: `blobs/${CONFIG}` },
      action: { kind: 'corruptBody' },
    }),
    code: 'DIGEST_MISMATCH',
    says: [CONFIG, 'Run again'],
  },
  {
    name: 'an image of another architecture than image-info says',
    prepare: async ({ agent }) => {
      const text = await readFile(join(agent.workspace, FRAGMENT), 'utf8');
      const wrong = text.replace('"architecture": "amd64"', '"architecture": "arm64"');
      await writeFiles(agent.workspace, { [FRAGMENT]: wrong });
    },
    code: 'PLATFORM_MISMATCH',
    says: [
      `${DIGEST}: is for linux/amd64, but image-info says linux/arm64`,
      'Check that the build job pushed the image',
    ],
  },
  {
    name: 'a platform that is a manifest list without images',
    prepare: async ({ source, agent }) => {
      const mediaType = MediaType.ociIndex;
      const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, manifests: [] }));
      const digest = digestOf(bytes);
      const { manifests } = source.store.open('build/42/shop/api');
      manifests.set(digest, { digest, mediaType, bytes });
      const text = await readFile(join(agent.workspace, FRAGMENT), 'utf8');
      await writeFiles(agent.workspace, { [FRAGMENT]: text.replace(DIGEST, digest) });
    },
    code: 'PLATFORM_UNSUPPORTED',
    says: ['is itself a manifest list, of 0 images', 'Build and push one image for each platform'],
  },
];

describe('CreateManifestLists refuses', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  for (const { name, inputs = {}, prepare, ...complaint } of [
    ...inputCases,
    ...documentCases,
    ...registryCases,
  ]) {
    it(name, async () => {
      const lab = await labs.open('built');
      await prepare?.(lab);
      const step = await lab.create({ inputs });
      assertRefused(step, complaint);
      await assertUntouched(lab, step);
    });
  }

  it('nothing before all fragments are checked', async () => {
    const lab = await labs.open('built');
    await addFragment(() => '[]')(lab);
    assertRefused(await lab.create(), { code: 'IMAGE_INFO_INVALID', says: ['is not object'] });
    assert.deepEqual(lab.source.requests, []);
  });
});
