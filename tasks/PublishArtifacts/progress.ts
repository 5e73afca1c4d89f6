import { occasionally } from '../../shared/core/occasionally.ts';
import { formatBytes } from '../../shared/core/text.ts';
import type { Log } from '../../shared/ports/host.ts';
import { ITEM_WEIGHT } from './steps.ts';
import type { ContentStep, Plan, TagStep } from './steps.ts';

/** What a publish has to do, and is told of as it is done. */
export interface Progress {
  /** So many bytes of the blobs of a step are on their way; negative for those that have to go again. */
  moved(step: Pick<ContentStep, 'blobBytes'>, bytes: number): void;
  copied(step: Pick<ContentStep, 'blobBytes'>): void;
  tagged(step: Pick<TagStep, 'tag'>): void;
}

/** Tells of a plan while it is carried out: items and bytes of all, every ten seconds, also inside of a long blob. */
export function trackProgress(
  plan: Plan,
  log: Pick<Log, 'info' | 'progress'>,
  now: () => number,
): Progress {
  const copies = plan.content.flat().filter(({ kind }) => kind === 'copy');
  const tags = [...plan.platformTags, ...plan.sharedTags].filter(({ kind }) => kind === 'set');
  const totalBytes = copies.reduce((sum, { blobBytes }) => sum + blobBytes, 0);
  const total = (copies.length + tags.length) * ITEM_WEIGHT + totalBytes;
  const done = { manifests: 0, bytes: 0, tags: 0 };
  const onTheWay = new Map<Pick<ContentStep, 'blobBytes'>, number>();
  const tell = occasionally(() => {
    const bytes = [...onTheWay].reduce(
      (sum, [{ blobBytes }, moved]) => sum + Math.min(blobBytes, moved),
      done.bytes,
    );
    const message =
      `${done.manifests} of ${copies.length} manifests with blobs of ${formatBytes(bytes)} of ${formatBytes(totalBytes)}, ` +
      `${done.tags} of ${tags.length} tags.`;
    log.info(message);
    const weight = (done.manifests + done.tags) * ITEM_WEIGHT + bytes;
    log.progress(Math.floor((weight * 100) / total), message);
  }, now);
  return {
    moved(step, bytes) {
      onTheWay.set(step, (onTheWay.get(step) ?? 0) + bytes);
      tell();
    },
    copied(step) {
      onTheWay.delete(step);
      done.manifests += 1;
      done.bytes += step.blobBytes;
      tell();
    },
    tagged() {
      done.tags += 1;
      tell();
    },
  };
}
