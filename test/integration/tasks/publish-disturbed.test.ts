import assert from 'node:assert/strict';
import { definite } from '../../../shared/core/errors.ts';
import { buildProduct } from '../../support/product/product.ts';
import { contentLines } from '../../support/product/fingerprint.ts';
import { assertRefused, assertSucceeded } from './support/expect.ts';
import type { Complaint } from './support/expect.ts';
import { PRODUCT, publishEarlier, taskLabs } from './support/labs.ts';
import type { Lab } from './support/labs.ts';
import { BUILD_PREFIX, PUBLIC_PREFIX, writeFiles } from './support/stages.ts';
import { holesIn, tagsIn } from './support/tree.ts';

const ACCOUNT = { username: 'releaser', password: 'correct horse' };

/** All but those of which the earlier release is made. */
const PLATFORMS_TO_COPY = 7;

/** What somebody does to a publish while it copies. */
interface Disturbance {
  readonly name: string;
  /** Before the publish. */
  readonly prepare?: (lab: Lab) => unknown;
  /** When the target has the images of all platforms, and more is to come. */
  readonly strike?: (lab: Lab) => void;
}

/** One that stops the publish, and what the operator does about it. */
interface Stop extends Disturbance, Complaint {
  readonly repair: (lab: Lab) => void;
}

/** Lets both registries ask for tokens, and the agent have the account. */
async function askForTokens({ agent, source, target }: Lab): Promise<void> {
  for (const side of [source, target]) side.setOptions({ auth: { kind: 'bearer', ...ACCOUNT } });
  const auths = Object.fromEntries([source, target].map(({ host }) => [host, ACCOUNT]));
  await writeFiles(agent.home, { '.docker/config.json': JSON.stringify({ auths }) });
}

/** Lets a tag point to another manifest of its repository. */
function moveTag({ store }: Lab['source'], repository: string, tag: string): void {
  const { tags, manifests } = store.open(repository);
  const other = [...manifests.keys()].find((digest) => digest !== tags.get(tag));
  tags.set(tag, definite(other, 'another manifest'));
}

const LOST = definite(
  buildProduct(PRODUCT)
    .find(({ image, platform }) => image.repo === 'shop/web' && platform.architecture === 'arm')
    ?.layers.at(-1),
  'a layer that only one image has',
);

/** A target that takes nine blobs and then is full, in the words of some registry. */
function fullTarget(status: number, message: string): Pick<Stop, 'prepare' | 'repair'> {
  const body = message === '' ? '' : JSON.stringify({ errors: [{ code: 'DENIED', message }] });
  const match = { method: 'PUT', path: '/blobs/uploads/', nth: 10, times: 1000 };
  return {
    prepare: ({ target }) => {
      target.addFault({ match, action: { kind: 'status', status, body } });
    },
    repair: ({ target }) => {
      target.clearFaults();
    },
  };
}

const FULL = { code: 'REGISTRY_FULL', says: ['public/shop/', 'Free space in the registry'] };

const stops: readonly Stop[] = [
  {
    name: 'somebody else moves a tag',
    strike: ({ target }) => {
      moveTag(target, `${PUBLIC_PREFIX}/shop/web`, 'latest');
    },
    repair: () => undefined,
    code: 'TAG_MOVED',
    says: ['1 tag moved at the target while content was copied', 'shop/web:latest was sha256:'],
  },
  {
    name: 'the quota of the project is used up, as Quay says',
    ...fullTarget(403, 'Quota has been exceeded on namespace'),
    ...FULL,
  },
  {
    name: 'the quota of the project is used up, as Harbor says',
    ...fullTarget(
      403,
      'adding 1.2 MiB of storage resource, which when updated to current usage of 9.9 MiB will exceed the configured upper limit of 10.0 MiB.',
    ),
    ...FULL,
  },
  { name: 'the target has no room', ...fullTarget(507, ''), ...FULL },
  {
    name: 'a proxy before the target takes no layer of this size',
    ...fullTarget(413, ''),
    code: 'CONTENT_TOO_LARGE',
    says: ['public/shop/', 'raise the limit of the registry or of the proxy before it'],
  },
  {
    name: 'the account loses its right to push',
    prepare: askForTokens,
    strike: ({ target }) => {
      target.setOptions({ auth: { kind: 'bearer', ...ACCOUNT, grant: ['pull'] } });
      target.tokens.clear();
    },
    repair: ({ target }) => {
      target.setOptions({ auth: { kind: 'bearer', ...ACCOUNT } });
    },
    code: 'REGISTRY_DENIED',
    says: ['public/shop/', 'AcrPush to write'],
  },
  {
    name: 'the password is changed',
    prepare: askForTokens,
    strike: ({ target }) => {
      target.setOptions({ auth: { kind: 'bearer', ...ACCOUNT, password: 'another horse' } });
      target.tokens.clear();
    },
    repair: ({ target }) => {
      target.setOptions({ auth: { kind: 'bearer', ...ACCOUNT } });
    },
    code: 'REGISTRY_UNAUTHORIZED',
    says: ['Check the credentials'],
  },
  {
    name: 'a layer is missing at the source',
    prepare: ({ source }) => {
      source.store.open(`${BUILD_PREFIX}/shop/web`).blobs.delete(LOST.descriptor.digest);
    },
    repair: ({ source }) => {
      const { blobs } = source.store.open(`${BUILD_PREFIX}/shop/web`);
      blobs.set(LOST.descriptor.digest, LOST.bytes);
    },
    code: 'CONTENT_NOT_FOUND',
    says: [`build/42/shop/web@${LOST.descriptor.digest}`],
  },
];

const passing: readonly Disturbance[] = [
  {
    name: 'somebody moves a tag at the source',
    strike: ({ source }) => {
      moveTag(source, `${BUILD_PREFIX}/shop/web`, 'latest');
    },
  },
  {
    name: 'every token expires',
    prepare: askForTokens,
    strike: ({ source, target }) => {
      source.tokens.clear();
      target.tokens.clear();
    },
  },
];

describe('PublishArtifacts disturbed', () => {
  const labs = taskLabs();
  after(() => labs.dispose());
  let undisturbed: readonly string[];

  before(async () => {
    const lab = await labs.open('signed');
    publishEarlier(lab.target);
    assertSucceeded(await lab.publish());
    undisturbed = contentLines(lab.target.store);
  });

  async function opened({ prepare, strike }: Disturbance): Promise<Lab> {
    const lab = await labs.open('signed');
    publishEarlier(lab.target);
    await prepare?.(lab);
    let manifests = 0;
    lab.target.watch(({ method, path, status }) => {
      if (method !== 'PUT' || !path.includes('/manifests/') || status !== 201) return;
      manifests += 1;
      if (manifests === PLATFORMS_TO_COPY) strike?.(lab);
    });
    return lab;
  }

  for (const stop of stops) {
    it(`sets no tag when ${stop.name}, and ends well once that is repaired`, async () => {
      const lab = await opened(stop);
      const before = tagsIn(lab.target.store, PUBLIC_PREFIX);
      const step = await lab.publish();
      assertRefused(step, stop);
      const moved = stop.code === 'TAG_MOVED' ? ['public/shop/web:latest'] : [];
      const after = tagsIn(lab.target.store, PUBLIC_PREFIX);
      assert.deepEqual(
        Object.keys({ ...before, ...after }).filter((tag) => before[tag] !== after[tag]),
        moved,
      );
      stop.repair(lab);
      assertSucceeded(await lab.publish());
      assert.deepEqual(contentLines(lab.target.store), undisturbed);
    }).timeout(60_000);
  }

  for (const disturbance of passing) {
    it(`publishes what was signed when ${disturbance.name}`, async () => {
      const lab = await opened(disturbance);
      assertSucceeded(await lab.publish());
      assert.deepEqual(contentLines(lab.target.store), undisturbed);
      const view = { prefix: PUBLIC_PREFIX, referrersApi: true };
      assert.deepEqual(holesIn(lab.target.store, view), []);
    }).timeout(60_000);
  }
});
