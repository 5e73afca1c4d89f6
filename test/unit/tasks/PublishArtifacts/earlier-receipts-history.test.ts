import assert from 'node:assert/strict';
import { TaskError } from '../../../../shared/core/errors.ts';
import { digestOf } from '../../../../shared/oci/digest.ts';
import type { Digest } from '../../../../shared/oci/digest.ts';
import { readEarlierTags } from '../../../../tasks/PublishArtifacts/earlier-receipts.ts';
import type {
  EarlierTags,
  ReceiptReaders,
} from '../../../../tasks/PublishArtifacts/earlier-receipts.ts';
import { memoryFiles } from '../../../support/memory-files.ts';
import { inputsOf } from './support.ts';

const BESIDE = '/temp/image-info-final/receipt.json';
const UPLOADED = '/temp/artifacts/receipt.json';
const [ONE, TWO, THREE, FOUR] = ['1', '2', '3', '4'].map((text) => digestOf(Buffer.from(text)));

/** What a publish that did not come to its end noted of `app:latest`: its digest, and the one before. */
type Noted = readonly [Digest | undefined, Digest | undefined];

function receiptAt(publishedAt: string, [digest, previousDigest]: Noted): object {
  const entry = { repository: 'app', tag: 'latest', what: 'list', digest, previousDigest };
  return { publishedAt, registry: 'public.example', tags: [entry] };
}

/** Reads what there is for a publish without tags of its own, so that only unfinished receipts count. */
async function read(
  files: Readonly<Record<string, unknown>>,
  earlierAttempt: ReceiptReaders['handOver']['earlierAttempt'],
  { changes = {}, signal = new AbortController().signal }: Reading = {},
): Promise<EarlierTags> {
  const readers = { files: memoryFiles(files), handOver: { earlierAttempt } };
  const inputs = inputsOf({ artifactName: 'final', ...changes });
  return readEarlierTags({ inputs, digests: [] }, readers, signal);
}

interface Reading {
  readonly changes?: Parameters<typeof inputsOf>[0];
  readonly signal?: AbortSignal;
}

const uploaded = async (): Promise<string> => Promise.resolve(UPLOADED);
const nothing = async (): Promise<undefined> => Promise.resolve(undefined);
const nobodyAsks = async (): Promise<undefined> => {
  await Promise.resolve();
  assert.fail('an artifact was asked for');
};

describe('earlier receipts, two of them', () => {
  const histories: readonly {
    readonly name: string;
    readonly older: Noted;
    readonly newer: Noted;
    readonly told: Noted;
  }[] = [
    {
      name: 'the newer of two changes',
      ...{ older: [ONE, TWO], newer: [ONE, THREE], told: [ONE, THREE] },
    },
    {
      name: 'a change rather than what a later attempt found',
      ...{ older: [ONE, TWO], newer: [ONE, ONE], told: [ONE, TWO] },
    },
    {
      name: 'what was found later, when it is something else',
      ...{ older: [ONE, TWO], newer: [FOUR, FOUR], told: [FOUR, FOUR] },
    },
  ];
  for (const { name, older, newer, told } of histories) {
    for (const place of ['beside the output', 'in the artifact']) {
      it(`tell ${name}, the newer of them ${place}`, async () => {
        const receipts = [
          receiptAt('2026-01-02T03:04:05.000Z', older),
          receiptAt('2026-01-02T03:04:06.000Z', newer),
        ];
        const [beside, other] = place === 'in the artifact' ? receipts : receipts.toReversed();
        const { earlierTags } = await read({ [BESIDE]: beside, [UPLOADED]: other }, uploaded);
        const entry = earlierTags.get('app:latest');
        assert.deepEqual([entry?.digest, entry?.previousDigest], told);
      });
    }
  }
});

describe('earlier receipts, where they are', () => {
  const unfinished = receiptAt('2026-01-02T03:04:05.000Z', [ONE, TWO]);

  it('count when the publish of another release did not come to its end', async () => {
    const { earlierTags } = await read({ [BESIDE]: unfinished }, nothing);
    assert.deepEqual([...earlierTags.keys()], ['app:latest']);
  });

  const others = [
    { name: 'another registry', receipt: { ...unfinished, registry: 'other.example' } },
    { name: 'another release that is complete', receipt: { ...unfinished, completedAt: 'then' } },
  ];
  for (const { name, receipt } of others) {
    it(`do not count when they are of ${name}`, async () => {
      assert.equal((await read({ [BESIDE]: receipt }, nothing)).earlierTags.size, 0);
    });
  }

  it('are not looked for where no tags are set', async () => {
    const changes = { phase: 'content' } as const;
    assert.deepEqual(await read({ [BESIDE]: [] }, nobodyAsks, { changes }), {
      earlierTags: new Map(),
      unknown: [],
    });
  });

  it('are not asked for as artifacts where none is uploaded', async () => {
    const changes = { artifactName: undefined };
    const { earlierTags } = await read({ [BESIDE]: unfinished }, nobodyAsks, { changes });
    assert.equal(earlierTags.size, 1);
  });

  it('name file and place of what is wrong with them', async () => {
    await assert.rejects(read({ [BESIDE]: { ...unfinished, tags: 1 } }, nothing), {
      code: 'RECEIPT_INVALID',
      message: `The receipt of an earlier attempt, ${BESIDE}, has 1 problem:\n  ${BESIDE}: tags: is not a list`,
    });
  });

  it('do not hide a fault of our own behind a warning', async () => {
    const fault = new RangeError('our own');
    await assert.rejects(
      read({}, async () => Promise.reject(fault)),
      fault,
    );
  });

  it('are not told to be unknown when the step was canceled meanwhile', async () => {
    const controller = new AbortController();
    const canceled = async (): Promise<never> => {
      controller.abort();
      return Promise.reject(new TaskError('SERVICE_UNAVAILABLE', 'no'));
    };
    await assert.rejects(read({}, canceled, { signal: controller.signal }), { name: 'AbortError' });
  });
});
