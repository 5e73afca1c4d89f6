import { occasionally } from '../../shared/core/occasionally.ts';
import { formatBytes } from '../../shared/core/text.ts';
import type { Log } from '../../shared/ports/host.ts';
import type { ContentStep, Plan, TagStep } from './steps.ts';

/** What a publish has to do, and is told of as it is done. */
export interface Progress {
  copied(step: Pick<ContentStep, 'blobBytes'>): void;
  tagged(step: Pick<TagStep, 'tag'>): void;
}

/** Tells of a plan while it is carried out: items and bytes of all, every ten seconds. */
export function trackProgress(
  plan: Plan,
  log: Pick<Log, 'info' | 'progress'>,
  now: () => number,
): Progress {
  const copies = plan.content.flat().filter(({ kind }) => kind === 'copy');
  const tags = [...plan.platformTags, ...plan.sharedTags].filter(({ kind }) => kind === 'set');
  const total = copies.length + tags.length;
  const totalBytes = formatBytes(copies.reduce((sum, { blobBytes }) => sum + blobBytes, 0));
  const done = { manifests: 0, bytes: 0, tags: 0 };
  const tell = occasionally(() => {
    const message =
      `${done.manifests} of ${copies.length} manifests with blobs of ${formatBytes(done.bytes)} of ${totalBytes}, ` +
      `${done.tags} of ${tags.length} tags.`;
    log.info(message);
    log.progress(Math.floor(((done.manifests + done.tags) * 100) / total), message);
  }, now);
  return {
    copied({ blobBytes }) {
      done.manifests += 1;
      done.bytes += blobBytes;
      tell();
    },
    tagged() {
      done.tags += 1;
      tell();
    },
  };
}
