import assert from 'node:assert/strict';
import type { RecordedRequest } from '../../support/registry/request-log.ts';
import { assertSucceeded, writesTo } from './support/expect.ts';
import { taskLabs } from './support/labs.ts';
import type { Lab } from './support/labs.ts';
import { writeFiles } from './support/stages.ts';

/** What is released: its lists and platforms, each with a signature, and all tags. */
const RELEASE = { digests: 12, signatures: 12, tags: 18 };

/** Configs and layers of the platforms of all repositories, and the envelopes of the signatures. */
const BLOBS = { platforms: 9 * 3, envelopes: 12 };

const isManifest = ({ path }: RecordedRequest): boolean => path.includes('/manifests/');
const isBlob = ({ path }: RecordedRequest): boolean => path.includes('/blobs/');
const isReferrers = ({ path }: RecordedRequest): boolean => path.includes('/referrers/');

function count(
  requests: readonly RecordedRequest[],
  method: string,
  fits: (request: RecordedRequest) => boolean,
): number {
  return requests.filter((request) => request.method === method && fits(request)).length;
}

describe('PublishArtifacts requests', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  it('are as few as a safe copy with referrers needs', async () => {
    const lab = await labs.open('signed');
    const { source, target } = lab;
    assertSucceeded(await lab.publish());
    const manifests = RELEASE.digests + RELEASE.signatures;
    assert.equal(count(source.requests, 'GET', isManifest), manifests);
    // Each digest is asked for referrers, and so is each signature: a signature may be signed.
    assert.equal(count(source.requests, 'GET', isReferrers), manifests);
    const sourceBlobs = count(source.requests, 'GET', isBlob);
    // The gate has read every envelope before any is copied.
    assert.ok(sourceBlobs <= BLOBS.platforms + 2 * BLOBS.envelopes, `${sourceBlobs} blobs read`);
    assert.equal(count(target.requests, 'PUT', isManifest), manifests + RELEASE.tags);
    const heads = count(target.requests, 'HEAD', () => true);
    assert.ok(heads <= RELEASE.tags + RELEASE.digests, `${heads} questions at the target`);
    const posts = count(target.requests, 'POST', isBlob);
    const puts = count(target.requests, 'PUT', isBlob);
    // The empty config of signatures goes once into each of three repositories.
    assert.ok(posts <= BLOBS.platforms + BLOBS.envelopes + 3, `${posts} uploads begun`);
    assert.ok(puts <= posts, `${puts} uploads ended`);
    const others = target.requests.length - heads - posts - puts - manifests - RELEASE.tags;
    assert.ok(others <= 3, `${others} other requests at the target`);
  });

  it('are one for each tag and one for each digest when there is nothing to do', async () => {
    const lab = await labs.open('signed');
    assertSucceeded(await lab.publish());
    lab.target.resetRequests();
    assertSucceeded(await lab.publish());
    const { requests } = lab.target;
    assert.deepEqual(writesTo(lab.target), []);
    assert.equal(
      count(requests, 'HEAD', () => true),
      RELEASE.tags,
    );
    assert.ok(count(requests, 'GET', isReferrers) <= RELEASE.digests);
    assert.ok(requests.length <= RELEASE.tags + RELEASE.digests, `${requests.length} requests`);
  });
});

describe('PublishArtifacts requests of a release without referrers', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  const inputs = { requireSignatures: 'none', referrerTypes: 'none' };

  for (const referrersApi of [true, false]) {
    it(`are none for them where there is ${referrersApi ? 'an' : 'no'} API`, async () => {
      const lab = await labs.open('created', { target: { referrersApi } });
      lab.source.setOptions({ referrersApi });
      lab.source.resetRequests();
      assertSucceeded(await lab.publish({ inputs }));
      const { source, target } = lab;
      assert.deepEqual([...source.requests, ...target.requests].filter(isReferrers), []);
      assert.equal(count(source.requests, 'GET', isManifest), RELEASE.digests);
      const blobs = source.requests.filter(isBlob).map(({ path }) => path.split('/').at(-1));
      assert.equal(source.requests.length, RELEASE.digests + blobs.length);
      assert.equal(
        new Set(blobs).size,
        blobs.length,
        'a blob of several repositories is read once',
      );
      target.resetRequests();
      assertSucceeded(await lab.publish({ inputs }));
      assert.equal(target.requests.length, RELEASE.tags);
    });
  }
});

describe('PublishArtifacts requests to registries without a referrers API', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  it('are one more for each repository: whether it has one', async () => {
    const lab = await labs.open('signed', { target: { referrersApi: false } });
    assertSucceeded(await lab.publish());
    lab.target.resetRequests();
    assertSucceeded(await lab.publish());
    const { requests } = lab.target;
    assert.equal(count(requests, 'GET', isReferrers), 3);
    const most = RELEASE.tags + RELEASE.digests + 3;
    assert.ok(requests.length <= most, `${requests.length} requests, at most ${most} are allowed`);
  });
});

const READER = { username: 'reader', password: 'may-only-look' };

/** Lets both registries give the one account the right to read and no other. */
async function readOnly({ agent, source, target }: Lab): Promise<void> {
  const auth = { kind: 'bearer', ...READER, grant: ['pull'] } as const;
  for (const side of [source, target]) side.setOptions({ auth });
  const auths = Object.fromEntries([source, target].map(({ host }) => [host, READER]));
  await writeFiles(agent.home, { '.docker/config.json': JSON.stringify({ auths }) });
}

describe('tasks dry run with an account that may only read', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  for (const [run, progress] of [
    ['create', 'built'],
    ['sign', 'created'],
    ['publish', 'signed'],
  ] as const) {
    it(`plans to ${run}, and asks for no other right`, async () => {
      const lab = await labs.open(progress);
      await readOnly(lab);
      assertSucceeded(await lab[run]({ inputs: { dryRun: 'true' } }));
      const requests = [...lab.source.requests, ...lab.target.requests];
      const tokens = requests.filter(({ path }) => path.includes('scope='));
      assert.ok(tokens.length > 0);
      for (const { path } of tokens) assert.doesNotMatch(decodeURIComponent(path), /push|delete/);
      const refused = requests.filter(({ status }) => status === 403);
      assert.deepEqual(refused, []);
    });
  }
});
