import { neutralise } from '../core/text.ts';
import type { Log } from '../ports/host.ts';

/** What a registry counts of us, e.g. `ratelimit-remaining: 76;w=21600`. */
interface PullLimit {
  readonly limit: number;
  readonly remaining: number;
}

type Headers = (name: string) => string | undefined;

/** Time to log in or to use a mirror before the next run fails. */
const LOW_SHARE = 0.1;

/**
 * Warns, once per registry, when few of the allowed pulls are left or none is.
 *
 * @see https://docs.docker.com/docker-hub/usage/pulls/
 */
export class PullLimits {
  readonly #log: Pick<Log, 'warn'>;
  readonly #warned = new Set<string>();

  constructor(log: Pick<Log, 'warn'>) {
    this.#log = log;
  }

  /** Looks at the headers of an answer. */
  note(
    registry: string,
    { status, header }: { readonly status: number; readonly header: Headers },
  ): void {
    const left = parsePullLimit(header);
    const isLow = left !== undefined && left.remaining < left.limit * LOW_SHARE;
    const source = header('docker-ratelimit-source');
    const isRefused = status === 429 && source !== undefined;
    if ((!isLow && !isRefused) || this.#warned.has(registry)) return;
    this.#warned.add(registry);
    const count = left === undefined ? '' : `: ${left.remaining} of ${left.limit} are left`;
    const whose = source === undefined ? '' : ` from ${neutralise(source)}`;
    this.#log.warn(
      `${registry} limits the pulls${whose}${count}. Log in to it, or use a mirror of its images.`,
    );
  }
}

/** The limit of pulls in the headers of an answer; absent when there is none. */
function parsePullLimit(header: Headers): PullLimit | undefined {
  const limit = leadingCount(header('ratelimit-limit'));
  const remaining = leadingCount(header('ratelimit-remaining'));
  return limit === undefined || remaining === undefined ? undefined : { limit, remaining };
}

function leadingCount(value: string | undefined): number | undefined {
  const digits = /^\s*(\d{1,9})\s*(;|$)/.exec(value ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}
