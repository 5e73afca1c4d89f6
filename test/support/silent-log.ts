import type { Log } from '../../shared/ports/host.ts';

/** A log that nobody reads. */
export const silentLog: Pick<Log, 'debug' | 'info' | 'warn'> = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
};
