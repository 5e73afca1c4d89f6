import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { contentLines } from '../../support/product/fingerprint.ts';
import type { Fault } from '../../support/registry/faults.ts';
import { assertRefused, assertSucceeded } from './support/expect.ts';
import type { Complaint } from './support/expect.ts';
import { filesLeft, taskLabs } from './support/labs.ts';
import type { Lab } from './support/labs.ts';
import { BUILD_PREFIX, PUBLIC_PREFIX } from './support/stages.ts';
import { holesIn, tagsIn } from './support/tree.ts';

interface Disturbance {
  readonly name: string;
  readonly side: 'source' | 'target';
  readonly fault: Fault;
}

const MANIFEST_PUT = { method: 'PUT', path: '/manifests/' };
const BLOB_GET = { method: 'GET', path: '/blobs/' };
const BLOB_PUT = { method: 'PUT', path: '/blobs/uploads/' };
const THROTTLED = { kind: 'status', status: 429, headers: { 'retry-after': '1' } } as const;
const OVERLOADED = { kind: 'status', status: 503 } as const;

const duringPublish: readonly Disturbance[] = [
  {
    name: 'the target throttles',
    side: 'target',
    fault: { match: { ...MANIFEST_PUT, nth: 3, times: 2 }, action: THROTTLED },
  },
  {
    name: 'the source is overloaded for a moment',
    side: 'source',
    fault: { match: { method: 'GET', path: '/manifests/', nth: 2, times: 2 }, action: OVERLOADED },
  },
  {
    name: 'a download breaks off',
    side: 'source',
    fault: { match: { ...BLOB_GET, nth: 15 }, action: { kind: 'reset', afterBytes: 20 } },
  },
  {
    name: 'an upload breaks off',
    side: 'target',
    fault: { match: { ...BLOB_PUT, nth: 2 }, action: { kind: 'resetUpload', afterBytes: 20 } },
  },
  {
    name: 'the answer to an upload gets lost',
    side: 'target',
    fault: { match: { ...BLOB_PUT, nth: 4 }, action: { kind: 'dropReplyAfterCommit' } },
  },
  {
    name: 'the connection is reset under a manifest',
    side: 'target',
    fault: { match: { ...MANIFEST_PUT, nth: 5, times: 2 }, action: { kind: 'reset' } },
  },
  {
    name: 'the answer to a manifest gets lost',
    side: 'target',
    fault: { match: { ...MANIFEST_PUT, nth: 12 }, action: { kind: 'dropReplyAfterCommit' } },
  },
  {
    name: 'the source stalls in a blob',
    side: 'source',
    fault: { match: { ...BLOB_GET, nth: 16 }, action: { kind: 'stall', ms: 200 } },
  },
];

const duringBuildStages: readonly Disturbance[] = [
  {
    name: 'throttled',
    side: 'source',
    fault: { match: { nth: 4, times: 2 }, action: THROTTLED },
  },
  {
    name: 'cut off from a blob',
    side: 'source',
    fault: { match: { ...BLOB_GET, nth: 2 }, action: { kind: 'reset', afterBytes: 20 } },
  },
  {
    name: 'cut off from its manifest',
    side: 'source',
    fault: { match: { ...MANIFEST_PUT, nth: 2 }, action: { kind: 'reset' } },
  },
  {
    name: 'left without an answer to its manifest',
    side: 'source',
    fault: { match: { ...MANIFEST_PUT, nth: 3 }, action: { kind: 'dropReplyAfterCommit' } },
  },
];

interface Breakdown extends Disturbance, Complaint {}

const breakdowns: readonly Breakdown[] = [
  {
    name: 'a blob is damaged at the source',
    side: 'source',
    // The first blobs are signatures, which the gate reads.
    fault: { match: { ...BLOB_GET, nth: 20, times: 100 }, action: { kind: 'corruptBody' } },
    code: 'DIGEST_MISMATCH',
    says: ['build/42/shop/', '@sha256:'],
  },
  {
    name: 'the target refuses a manifest',
    side: 'target',
    fault: {
      match: { ...MANIFEST_PUT, nth: 10, times: 100 },
      action: { kind: 'status', status: 400, body: '{"errors":[{"code":"MANIFEST_INVALID"}]}' },
    },
    code: 'REGISTRY_REJECTED',
    says: ['push the manifest', 'public/shop/', '400 (MANIFEST_INVALID)'],
  },
  {
    name: 'the target stores other bytes',
    side: 'target',
    fault: { match: { ...MANIFEST_PUT, nth: 10 }, action: { kind: 'wrongDigestHeader' } },
    code: 'DIGEST_MISMATCH',
    says: ['push the manifest', 'public/shop/'],
  },
];

describe('PublishArtifacts faults', () => {
  const labs = taskLabs();
  after(() => labs.dispose());
  let undisturbed: readonly string[] = [];

  before(async () => {
    const lab = await labs.open('signed');
    assertSucceeded(await lab.publish());
    undisturbed = contentLines(lab.target.store);
  });

  for (const { name, side, fault } of duringPublish) {
    it(`end with the same content when ${name}`, async () => {
      const lab = await labs.open('signed');
      lab[side].addFault(fault);
      assertSucceeded(await lab.publish());
      assertWasStruck(lab, { side, fault });
      assert.deepEqual(contentLines(lab.target.store), undisturbed);
    });
  }

  for (const { name, side, fault, ...complaint } of breakdowns) {
    it(`move no tag when ${name}`, async () => {
      const lab = await labs.open('signed');
      lab[side].addFault(fault);
      assertRefused(await lab.publish(), complaint);
      assert.deepEqual(tagsIn(lab.target.store, PUBLIC_PREFIX), {});
      assert.deepEqual(await filesLeft(lab), ['image-info-final/plan.json']);
      lab[side].clearFaults();
      assertSucceeded(await lab.publish());
      assert.deepEqual(contentLines(lab.target.store), undisturbed);
    });
  }
});

describe('CreateManifestLists faults', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  for (const { name, fault } of duringBuildStages) {
    it(`end with the same content when ${name}`, async () => {
      const undisturbed = await labs.open('created');
      const lab = await labs.open('built');
      lab.source.addFault(fault);
      assertSucceeded(await lab.create());
      assertWasStruck(lab, { side: 'source', fault });
      assert.deepEqual(contentLines(lab.source.store), contentLines(undisturbed.source.store));
    });
  }

  it('leave each tag as it was or on its whole list when a list cannot be put, and write no file', async () => {
    const wanted = tagsIn((await labs.open('created')).source.store, BUILD_PREFIX);
    const lab = await labs.open('built');
    const before = tagsIn(lab.source.store, BUILD_PREFIX);
    const action = { kind: 'status', status: 403 } as const;
    lab.source.addFault({ match: { ...MANIFEST_PUT, nth: 3 }, action });
    assertRefused(await lab.create(), { code: 'REGISTRY_DENIED', says: ['push the manifest'] });
    for (const [tag, digest] of Object.entries(tagsIn(lab.source.store, BUILD_PREFIX))) {
      assert.ok([before[tag], wanted[tag]].includes(digest), `${tag} is on ${digest}`);
    }
    assert.deepEqual(await filesLeft(lab), ['image-info/plan.json']);
    lab.source.clearFaults();
    assertSucceeded(await lab.create());
    assert.deepEqual(tagsIn(lab.source.store, BUILD_PREFIX), wanted);
  });
});

describe('SignImageInfo faults', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  for (const { name, fault } of duringBuildStages.filter(
    ({ fault: { match } }) => match.method !== 'GET',
  )) {
    it(`leave one signature on each digest when ${name}`, async () => {
      const lab = await labs.open('created');
      lab.source.addFault(fault);
      assertSucceeded(await lab.sign());
      assertWasStruck(lab, { side: 'source', fault });
      const view = { prefix: BUILD_PREFIX, referrersApi: true };
      assert.deepEqual(holesIn(lab.source.store, view), []);
      assert.equal(signatureCount(lab), 12);
    });
  }

  it('leave a report of what was signed when a list of signatures cannot be read again in the end', async () => {
    const signedUnderTags = async (): Promise<Lab> =>
      labs.open('created', { source: { referrersApi: false } });
    const calm = await signedUnderTags();
    calm.source.resetRequests();
    assertSucceeded(await calm.sign());
    const match = { method: 'GET', path: '/manifests/sha256-' };
    const reads = calm.source.requests.filter(
      ({ method, path }) => method === match.method && path.includes(match.path),
    );
    const lab = await signedUnderTags();
    lab.source.addFault({
      match: { ...match, nth: reads.length },
      action: { kind: 'status', status: 403 },
    });
    const step = await lab.sign();
    assertRefused(step, { code: 'REGISTRY_DENIED', says: ['403'] });
    assert.equal(signatureCount(lab), 12);
    const report = JSON.parse(await readFile(step.outputs['reportPath'] ?? '', 'utf8')) as {
      readonly signatures: readonly { readonly outcome: string }[];
    };
    assert.deepEqual(
      report.signatures.map(({ outcome }) => outcome),
      Array.from({ length: 12 }, () => 'signed'),
    );
    assert.equal(step.outputs['imageInfoPath'], undefined);
  });

  it('leave the other digests signed when one cannot be, and a second run signs the rest', async () => {
    const lab = await labs.open('created');
    const action = { kind: 'status', status: 400, body: '{"errors":[{"code":"X"}]}' } as const;
    lab.source.addFault({ match: { ...MANIFEST_PUT, nth: 3 }, action });
    const step = await lab.sign();
    assertRefused(step, { code: 'SIGNING_FAILED', says: ['1 digest of 12', 'REGISTRY_REJECTED'] });
    assert.equal(step.outputs['signedCount'], '11');
    assert.equal(step.outputs['imageInfoPath'], undefined);
    const again = await lab.sign();
    assertSucceeded(again);
    assert.equal(again.outputs['signedCount'], '1');
    assert.equal(signatureCount(lab), 12);
  });
});

/** A fault that never struck would prove nothing. */
function assertWasStruck(lab: Lab, { side, fault }: Pick<Disturbance, 'side' | 'fault'>): void {
  const { method, path, nth = 1 } = fault.match;
  const fitting = lab[side].requests.filter(
    (one) => (method ?? one.method) === one.method && one.path.includes(String(path ?? '')),
  );
  assert.ok(fitting.length >= nth, `only ${fitting.length} requests fit`);
}

function signatureCount({ source }: Lab): number {
  const { store } = source;
  return store
    .names()
    .flatMap((name) => [...store.open(name).manifests.values()])
    .filter(({ subject }) => subject !== undefined).length;
}
