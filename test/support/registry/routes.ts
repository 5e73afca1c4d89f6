import { deleteBlob, getBlob } from './blobs.ts';
import type { Handler } from './call.ts';
import { listRepositories, listTags } from './listings.ts';
import { deleteManifest, getManifest, putManifest } from './manifests.ts';
import { listReferrers } from './referrers.ts';
import { Refusal, jsonReply } from './reply.ts';
import type { Action } from './settings.ts';
import {
  beginUpload,
  cancelUpload,
  continueUpload,
  finishUpload,
  uploadStatus,
} from './uploads.ts';

/** What a path and method lead to. */
export interface Route {
  /** The repository; empty where the path has none. */
  readonly name: string;
  /** The tag, digest or upload; empty where the path has none. */
  readonly reference: string;
  /** What the caller must be allowed to do; undefined where any known caller will do. */
  readonly needs: readonly Action[] | undefined;
  readonly handler: Handler;
}

interface Operation {
  readonly needs?: readonly Action[];
  readonly handler: Handler;
}

interface Endpoint {
  readonly path: RegExp;
  readonly methods: Readonly<Record<string, Operation>>;
}

const NAME = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/;

const PULL: readonly Action[] = ['pull'];
const PUSH: readonly Action[] = ['pull', 'push'];
const DELETE: readonly Action[] = ['delete'];

const ping: Handler = () => jsonReply(200, {});

/** Every endpoint of the specification; the first path that matches counts. */
const ENDPOINTS: readonly Endpoint[] = [
  { path: /^\/v2\/?$/, methods: reads({ handler: ping }) },
  { path: /^\/v2\/_catalog$/, methods: { GET: { handler: listRepositories } } },
  {
    path: /^\/v2\/(?<name>.+)\/blobs\/uploads\/?$/,
    methods: { POST: { needs: PUSH, handler: beginUpload } },
  },
  {
    path: /^\/v2\/(?<name>.+)\/blobs\/uploads\/(?<reference>[^/]+)$/,
    methods: {
      GET: { needs: PUSH, handler: uploadStatus },
      PATCH: { needs: PUSH, handler: continueUpload },
      PUT: { needs: PUSH, handler: finishUpload },
      DELETE: { needs: PUSH, handler: cancelUpload },
    },
  },
  {
    path: /^\/v2\/(?<name>.+)\/blobs\/(?<reference>[^/]+)$/,
    methods: {
      ...reads({ needs: PULL, handler: getBlob }),
      DELETE: { needs: DELETE, handler: deleteBlob },
    },
  },
  {
    path: /^\/v2\/(?<name>.+)\/manifests\/(?<reference>[^/]+)$/,
    methods: {
      ...reads({ needs: PULL, handler: getManifest }),
      PUT: { needs: PUSH, handler: putManifest },
      DELETE: { needs: DELETE, handler: deleteManifest },
    },
  },
  {
    path: /^\/v2\/(?<name>.+)\/tags\/list$/,
    methods: { GET: { needs: PULL, handler: listTags } },
  },
  {
    path: /^\/v2\/(?<name>.+)\/referrers\/(?<reference>[^/]+)$/,
    methods: { GET: { needs: PULL, handler: listReferrers } },
  },
];

/**
 * The route of a request.
 *
 * @throws Refusal 404 for a path that is no endpoint, 400 `NAME_INVALID`, 405 for another method
 */
export function findRoute(method: string, path: string): Route {
  for (const endpoint of ENDPOINTS) {
    const match = endpoint.path.exec(path);
    if (match === null) continue;
    const { name = '', reference = '' } = match.groups ?? {};
    if (name !== '' && !NAME.test(name)) throw new Refusal(400, 'NAME_INVALID');
    const operation = endpoint.methods[method];
    if (operation === undefined) throw new Refusal(405, 'UNSUPPORTED');
    return { name, reference: decoded(reference), needs: undefined, ...operation };
  }
  throw new Refusal(404, 'UNSUPPORTED', { message: 'not an endpoint of a registry' });
}

function reads(operation: Operation): Endpoint['methods'] {
  return { GET: operation, HEAD: operation };
}

/** The text of a path segment; a bad escape stays as it is and matches nothing. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
