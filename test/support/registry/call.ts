import type { IncomingHttpHeaders } from 'node:http';
import { isDigest } from '../../../shared/oci/digest.ts';
import type { Digest } from '../../../shared/oci/digest.ts';
import type { Reply } from './reply.ts';
import { Refusal } from './reply.ts';
import type { Action, RegistrySettings } from './settings.ts';
import type { ContentStore, RepositoryContent } from './store.ts';
import type { UploadSessions } from './upload-sessions.ts';

/** One request with everything that its handler needs. */
export interface Call {
  readonly method: string;
  /** The repository of the path; empty where the path has none. */
  readonly name: string;
  /** The tag, digest or upload of the path; empty where the path has none. */
  readonly reference: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Uint8Array>;
  readonly settings: RegistrySettings;
  readonly store: ContentStore;
  readonly uploads: UploadSessions;
  /** Scheme and host of the registry, e.g. `http://127.0.0.1:5000`. */
  readonly origin: string;
  /** Whether the caller may do something in a repository. */
  readonly may: (action: Action, repository: string) => boolean;
}

/** Answers a request, or throws a Refusal. */
export type Handler = (call: Call) => Reply | Promise<Reply>;

const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** Whether text is a tag as the specification defines it. */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

/**
 * The repository of the call.
 *
 * @throws Refusal 404 `NAME_UNKNOWN` when nothing was pushed to it
 */
export function repositoryOf({ store, name }: Call): RepositoryContent {
  const found = store.find(name);
  if (found === undefined) throw new Refusal(404, 'NAME_UNKNOWN', { detail: { name } });
  return found;
}

/**
 * A digest from a request.
 *
 * @throws Refusal 400 `DIGEST_INVALID`
 */
export function digestFrom(text: string | null): Digest {
  if (text === null || !isDigest(text)) {
    throw new Refusal(400, 'DIGEST_INVALID', { detail: { digest: text } });
  }
  return text;
}

/** A path as a `Location` header: absolute when the registry is set so. */
export function locationOf(call: Call, path: string): string {
  return call.settings.absoluteLocations ? `${call.origin}${path}` : path;
}

/** A repository's path, e.g. `/v2/dotnet/runtime/manifests/8.0`. */
export function pathOf(call: Call, kind: 'manifests' | 'blobs', reference: string): string {
  return `/v2/${call.name}/${kind}/${reference}`;
}

/**
 * Refuses when deletes are switched off.
 *
 * @throws Refusal 405 `UNSUPPORTED`
 */
export function requireDelete({ settings }: Call): void {
  if (!settings.deleteEnabled) {
    throw new Refusal(405, 'UNSUPPORTED', { message: 'deletes are disabled' });
  }
}
