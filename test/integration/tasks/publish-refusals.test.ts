import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { definite } from '../../../shared/core/errors.ts';
import { makeChain } from '../../support/certificates.ts';
import { buildProduct } from '../../support/product/product.ts';
import type { Action } from '../../support/registry/settings.ts';
import { assertRefused, assertUntouched } from './support/expect.ts';
import type { Complaint } from './support/expect.ts';
import { PRODUCT, SIGNER, filesLeft, taskLabs } from './support/labs.ts';
import type { Lab } from './support/labs.ts';
import { PUBLIC_PREFIX, writeFiles, writeTrust } from './support/stages.ts';
import { tagsIn } from './support/tree.ts';

const SIGNED = 'image-info-signed/image-info.json';
const ACCOUNT = { username: 'releaser', password: 'correct horse' };

/** A platform image of the product that is released. */
const IMAGE = definite(
  buildProduct(PRODUCT).find(({ isSuperseded }) => !isSuperseded),
  'an image',
);
const DIGEST = IMAGE.manifest.descriptor.digest;

interface Case extends Complaint {
  readonly name: string;
  readonly inputs?: Readonly<Record<string, string>>;
  /** Breaks what the task will read. */
  readonly prepare?: (lab: Lab) => unknown;
}

/** Gives the account of `ACCOUNT` some rights at one side, and this password of it to the agent. */
function withAccount(
  side: 'source' | 'target',
  grant: readonly Action[],
  password = ACCOUNT.password,
): (lab: Lab) => Promise<void> {
  return async (lab) => {
    lab[side].setOptions({ auth: { kind: 'bearer', ...ACCOUNT, grant } });
    const entry = { username: ACCOUNT.username, password };
    const config = JSON.stringify({ auths: { [lab[side].host]: entry } });
    await writeFiles(lab.agent.home, { '.docker/config.json': config });
  };
}

/** Lets a shared tag at the target point to a platform image. */
function occupyTag({ source, target }: Lab): void {
  const { manifests } = source.store.open('build/42/shop/api');
  const api = target.store.open('public/shop/api');
  api.manifests.set(DIGEST, definite(manifests.get(DIGEST), 'the manifest'));
  api.tags.set('latest', DIGEST);
}

const cases: readonly Case[] = [
  {
    name: 'missing inputs, all in one error',
    inputs: { imageInfo: '$(info)', sourceRegistry: '', targetRegistry: '', existingTags: 'keep' },
    code: 'INPUT_INVALID',
    says: [
      "imageInfo: the variable 'info' is not defined",
      'sourceRegistry: is required unless sourceConnection is given',
      'targetRegistry: is required unless targetConnection is given',
      'existingTags: is not one of move, fail',
    ],
  },
  {
    name: 'verified signatures without a trust policy',
    inputs: { requireSignatures: 'verified' },
    code: 'INPUT_INVALID',
    says: ['trustPolicy: is required when requireSignatures is verified'],
  },
  {
    name: 'a trust policy that would be ignored',
    inputs: { requireSignatures: 'present', trustPolicy: 'p.json', trustStore: 'truststore' },
    code: 'INPUT_INVALID',
    says: ['trustPolicy: is not used when requireSignatures is present: leave it out'],
  },
  {
    name: 'to leave the signatures behind that it requires',
    inputs: { referrerTypes: 'application/spdx+json' },
    code: 'INPUT_INVALID',
    says: ['referrerTypes: lacks application/vnd.cncf.notary.signature'],
  },
  {
    name: 'an image-info that is not there',
    inputs: { imageInfo: 'elsewhere/image-info.json' },
    code: 'FILE_NOT_FOUND',
    says: ['elsewhere/image-info.json', 'Check the path'],
  },
  {
    name: 'an image-info with a broken digest',
    prepare: async ({ agent }) => {
      const text = await readFile(join(agent.workspace, SIGNED), 'utf8');
      await writeFiles(agent.workspace, { [SIGNED]: text.replace(DIGEST, 'sha256:12') });
    },
    code: 'IMAGE_INFO_INVALID',
    says: [`${SIGNED}: repos[0].images[0].platforms[`, '].digest: is not a public name with a'],
  },
  {
    name: 'a platform without a digest',
    prepare: async ({ agent }) => {
      const text = await readFile(join(agent.workspace, SIGNED), 'utf8');
      const emptied = text.replace(`registry.example/shop/api@${DIGEST}`, '');
      await writeFiles(agent.workspace, { [SIGNED]: emptied });
    },
    code: 'IMAGE_INFO_INVALID',
    says: ['has no digest for', 'src/api/noble/amd64/Dockerfile (noble, amd64)'],
  },
  {
    name: 'a platform that is not at the source',
    prepare: ({ source }) => {
      source.store.open('build/42/shop/api').manifests.delete(DIGEST);
    },
    code: 'CONTENT_NOT_FOUND',
    says: [`build/42/shop/api@${DIGEST}`, 'Check sourceRegistry and sourceRepositoryPrefix'],
  },
  {
    name: 'one digest without a signature',
    prepare: ({ source }) => {
      const [signature] = source.store.referrers('build/42/shop/api', DIGEST);
      const { digest } = definite(signature, 'a signature');
      source.store.open('build/42/shop/api').manifests.delete(digest);
    },
    code: 'SIGNATURE_MISSING',
    says: [
      '1 digest of 12 may not be published',
      `shop/api@${DIGEST}: no signature`,
      'Run SignImageInfo on this image-info',
    ],
  },
  {
    name: 'signatures by another certificate than the trusted one',
    prepare: async ({ agent }) => writeTrust(agent, makeChain()),
    inputs: { trustPolicy: 'trustpolicy.json', trustStore: 'truststore' },
    code: 'SIGNATURE_INVALID',
    says: ['12 digests of 12 may not be published', `shop/api@${DIGEST}: `, 'Run SignImageInfo'],
  },
  {
    name: 'a trust policy that is not JSON',
    prepare: async ({ agent }) => {
      await writeTrust(agent, SIGNER);
      await writeFiles(agent.sources, { 'trustpolicy.json': 'version: 1.0' });
    },
    inputs: { trustPolicy: 'trustpolicy.json', trustStore: 'truststore' },
    code: 'TRUST_POLICY_INVALID',
    says: ['trustpolicy.json', 'Correct the file'],
  },
  {
    name: 'a trust policy that is not there',
    inputs: { trustPolicy: 'trustpolicy.json', trustStore: 'truststore' },
    code: 'FILE_NOT_FOUND',
    says: ['trustpolicy.json', 'Check the path'],
  },
  {
    name: 'to move a tag that may not be moved',
    prepare: occupyTag,
    inputs: { existingTags: 'fail' },
    code: 'TAG_EXISTS',
    says: [
      '1 tag at the target points to another digest',
      `shop/api:latest is ${DIGEST}, to be sha256:`,
      'set existingTags to move',
    ],
  },
  {
    name: 'a wrong password at the source',
    prepare: withAccount('source', ['pull'], 'wrong horse'),
    code: 'REGISTRY_UNAUTHORIZED',
    says: ['Check the credentials of the service connection or of the docker login'],
  },
  {
    name: 'a wrong password at the target',
    prepare: withAccount('target', ['pull', 'push'], 'wrong horse'),
    code: 'REGISTRY_UNAUTHORIZED',
    says: ['Check the credentials of the service connection or of the docker login'],
  },
  {
    name: 'a source that forbids reading',
    prepare: ({ source }) => {
      const headers = { 'content-type': 'application/json' };
      const body = '{"errors":[{"code":"DENIED","message":"no pull for you"}]}';
      source.addFault({ match: {}, action: { kind: 'status', status: 403, headers, body } });
    },
    code: 'REGISTRY_DENIED',
    says: ['build/42/shop/', '403 (DENIED: no pull for you)', 'AcrPull'],
  },
  {
    name: 'a target that is down',
    inputs: { targetRegistry: '127.0.0.1:1' },
    code: 'REGISTRY_UNAVAILABLE',
    says: ['127.0.0.1:1', 'ECONNREFUSED', 'Check the state of the registry'],
  },
  {
    name: 'a source manifest with other bytes than its digest says',
    prepare: ({ source }) => {
      const match = { method: 'GET', path: `manifests/${DIGEST}` };
      source.addFault({ match, action: { kind: 'corruptBody' } });
    },
    code: 'DIGEST_MISMATCH',
    says: [`build/42/shop/api@${DIGEST}`, 'Run again'],
  },
];

describe('PublishArtifacts refuses', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  for (const { name, inputs = {}, prepare, ...complaint } of cases) {
    it(name, async () => {
      const lab = await labs.open('signed');
      await prepare?.(lab);
      const step = await lab.publish({ inputs });
      assertRefused(step, complaint);
      await assertUntouched(lab, step);
    });
  }

  it('what was never signed', async () => {
    const lab = await labs.open('created');
    const step = await lab.publish();
    assertRefused(step, { code: 'SIGNATURE_MISSING', says: ['12 digests of 12', 'no signature'] });
    await assertUntouched(lab, step);
  });

  it('to publish onto itself', async () => {
    const lab = await labs.open('signed');
    const step = await lab.publish({
      target: lab.source.host,
      inputs: { targetRepositoryPrefix: '/build/42/' },
    });
    assertRefused(step, {
      code: 'INPUT_INVALID',
      says: ['targetRegistry', 'the place of the source'],
    });
    await assertUntouched(lab, step);
  });

  it('a target where it may not write, and sets no tag', async () => {
    const lab = await labs.open('signed');
    await withAccount('target', ['pull'])(lab);
    const step = await lab.publish();
    assertRefused(step, {
      code: 'REGISTRY_DENIED',
      says: [/push the (blob|manifest) /, 'public/shop/', 'AcrPush to write'],
    });
    assert.deepEqual(tagsIn(lab.target.store, PUBLIC_PREFIX), {});
    assert.deepEqual(await filesLeft(lab), ['image-info-final/plan.json']);
  });
});
