import assert from 'node:assert/strict';
import { digestOf } from '../../../shared/oci/digest.ts';
import type { Digest } from '../../../shared/oci/digest.ts';
import { RegistryError } from '../../../shared/registry/errors.ts';
import { needsOf, putHealing } from '../../../shared/registry/heal.ts';
import type { Need } from '../../../shared/registry/heal.ts';
import { virtualTiming } from '../../support/virtual-timing.ts';

const { signal } = new AbortController();

const aNeed = (text: string, kind: Need['kind'] = 'blob'): Need => ({
  kind,
  descriptor: { mediaType: 'a/b', digest: digestOf(Buffer.from(text)), size: 1 },
});
const ONE = aNeed('one');
const TWO = aNeed('two', 'manifest');

const refusal = (code: string, namedDigests: readonly Digest[] = []): RegistryError =>
  new RegistryError('REGISTRY_REJECTED', 'refused', {
    hint: 'x',
    details: {
      ...{ method: 'PUT', url: 'https://r.example/', status: 400 },
      ...{ registryCodes: [code], namedDigests },
    },
  });

interface Setting {
  readonly failures: readonly Error[];
  readonly there?: readonly Need[];
  readonly restorable?: readonly Need[];
}

/** What was done, in order, and how it ended. */
const run = async ({
  failures,
  there = [],
  restorable = [],
}: Setting): Promise<readonly string[]> => {
  const timing = virtualTiming();
  const startMs = timing.now();
  const left = [...failures];
  const done: string[] = [];
  const put = async (): Promise<string> => {
    done.push(`put after ${timing.now() - startMs}`);
    const failure = left.shift();
    return failure === undefined ? Promise.resolve('stored') : Promise.reject(failure);
  };
  const nameOf = (need: Need): string => (need === ONE ? 'one' : 'two');
  const healer = {
    needs: [ONE, TWO],
    isThere: async (need: Need): Promise<boolean> => {
      done.push(`look for ${nameOf(need)}`);
      return Promise.resolve(there.includes(need));
    },
    restore: async (need: Need): Promise<boolean> => {
      done.push(`restore ${nameOf(need)}`);
      return Promise.resolve(restorable.includes(need));
    },
  };
  const ended = await putHealing(put, { healer, timing }, signal).catch((error: unknown) =>
    error instanceof Error ? error.message : 'unknown',
  );
  return [...done, ended];
};

describe('heal putHealing', () => {
  it('X12 waits 1, 2, 4 and 8 seconds for a registry that has everything but does not see it', async () => {
    const failures = Array.from({ length: 9 }, () =>
      refusal('MANIFEST_BLOB_UNKNOWN', [ONE.descriptor.digest]),
    );
    const done = await run({ failures, there: [ONE] });
    assert.deepEqual(
      done.filter((step) => step !== 'look for one'),
      [
        'put after 0',
        'put after 1000',
        'put after 3000',
        'put after 7000',
        'put after 15000',
        'refused',
      ],
    );
  });

  it('X12 brings only what the registry names and really misses', async () => {
    const failures = [refusal('MANIFEST_BLOB_UNKNOWN', [TWO.descriptor.digest])];
    assert.deepEqual(await run({ failures, restorable: [TWO] }), [
      'put after 0',
      'look for two',
      'restore two',
      'put after 1000',
      'stored',
    ]);
  });

  it('X12 knows the code that it can do something about beside others', async () => {
    const other = refusal('MANIFEST_BLOB_UNKNOWN', [ONE.descriptor.digest]);
    const details = { ...other.details, registryCodes: ['MANIFEST_BLOB_UNKNOWN', 'UNKNOWN'] };
    const failures = [new RegistryError('REGISTRY_REJECTED', 'refused', { hint: 'x', details })];
    assert.equal((await run({ failures, there: [ONE] })).at(-1), 'stored');
  });

  for (const code of ['BLOB_UNKNOWN', 'MANIFEST_BLOB_UNKNOWN', 'MANIFEST_UNKNOWN']) {
    it(`X12 looks for everything when the registry names nothing but ${code}`, async () => {
      assert.deepEqual(await run({ failures: [refusal(code)], there: [ONE], restorable: [TWO] }), [
        'put after 0',
        'look for one',
        'look for two',
        'restore two',
        'put after 1000',
        'stored',
      ]);
    });
  }

  const final = [
    { name: 'what is missing is nowhere to be had', failures: [refusal('MANIFEST_BLOB_UNKNOWN')] },
    {
      name: 'only a part of what is missing can be had',
      failures: [refusal('MANIFEST_BLOB_UNKNOWN')],
      restorable: [ONE],
    },
    {
      name: 'the registry names what it does not miss',
      failures: [refusal('DENIED', [ONE.descriptor.digest])],
      there: [ONE, TWO],
    },
    { name: 'the registry means something else', failures: [refusal('MANIFEST_INVALID')] },
    {
      name: 'the registry misses what the manifest does not need',
      failures: [refusal('MANIFEST_BLOB_UNKNOWN', [digestOf(Buffer.from('foreign'))])],
    },
    { name: 'it is no answer of a registry', failures: [new RangeError('refused')] },
  ];
  for (const { name, ...setting } of final) {
    it(`X12 fails at once when ${name}`, async () => {
      const done = await run(setting);
      assert.equal(done.at(-1), 'refused');
      assert.equal(done.filter((step) => step.startsWith('put')).length, 1);
    });
  }
});

describe('heal needsOf', () => {
  it('names the children of an index, which has no config', () => {
    const { descriptor: child } = aNeed('child');
    const links = { layers: [], manifests: [child], annotations: {} };
    assert.deepEqual(needsOf(links), [{ kind: 'manifest', descriptor: child }]);
  });

  it('names config, layers and children, but no foreign layers', () => {
    const { descriptor: config } = aNeed('config');
    const { descriptor: layer } = aNeed('layer');
    const { descriptor: child } = aNeed('child');
    const byUrl = { ...aNeed('by url').descriptor, urls: ['https://example.com/layer'] };
    const foreign = {
      ...aNeed('foreign').descriptor,
      mediaType: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    };
    const links = { config, layers: [layer, byUrl, foreign], manifests: [child], annotations: {} };
    assert.deepEqual(needsOf(links), [
      { kind: 'blob', descriptor: config },
      { kind: 'blob', descriptor: layer },
      { kind: 'manifest', descriptor: child },
    ]);
  });
});
