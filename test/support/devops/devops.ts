import { randomBytes } from 'node:crypto';
import { startServer } from '../http-server.ts';
import type { SeenRequest } from '../http-server.ts';
import type { StoredArtifact } from './artifacts.ts';

/** What a run has; asked anew with each request, since a run goes on. */
export type ArtifactsOf = () => readonly StoredArtifact[];

export interface DevOpsOptions {
  /** Runs by id. */
  readonly runs?: Readonly<Record<number, ArtifactsOf>>;
  /** Runs that the build service of the job may not see. */
  readonly hiddenRuns?: readonly number[];
  /** Path of the collection; of the cloud when absent. */
  readonly collectionPath?: string;
  /** How many requests are answered with 429 at first. */
  readonly throttled?: number;
  /** What a token that is not good gets: a status, or a page to sign in at. */
  readonly badTokenGets?: 401 | 'page';
}

/** A running Azure DevOps with one project. */
export interface DevOps {
  /** What the agent knows of it, as variables of a job. */
  readonly variables: Readonly<Record<string, string>>;
  readonly collection: string;
  readonly projectId: string;
  /** The only access token that is good. */
  readonly token: string;
  readonly requests: readonly SeenRequest[];
  /** Requests for the content of pipeline artifacts, which another server keeps. */
  readonly blobRequests: readonly SeenRequest[];
  close(): Promise<void>;
}

const PROJECT_ID = '22222222-2222-4222-8222-222222222222';

/** Versions that Azure DevOps Server 2020 and everything later know. */
const KNOWN_VERSIONS: ReadonlySet<string> = new Set(['5.0', '5.1', '6.0']);

interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** Starts an Azure DevOps that takes requests of the documented shape only. */
export async function startDevOps(options: DevOpsOptions = {}): Promise<DevOps> {
  const token = randomBytes(24).toString('hex');
  const path = options.collectionPath ?? '/org/';
  const blobs = new Map<string, () => Uint8Array>();
  const blobServer = await startServer((request, response) => {
    const { status, headers = {}, body = '' } = blobReply(request, blobs);
    response.writeHead(status, headers).end(body);
  });
  const site = { options, token, path, blobs, blobOrigin: `http://${blobServer.host}` };
  let served = 0;
  const server = await startServer((request, response) => {
    served += 1;
    const {
      status,
      headers = {},
      body = '',
    } = served <= (options.throttled ?? 0) ? BUSY : reply(site, request);
    response.writeHead(status, headers).end(body);
  });
  const collection = `http://${server.host}${path}`;
  return {
    variables: {
      'System.CollectionUri': collection,
      'System.TeamFoundationCollectionUri': collection,
      'System.TeamProjectId': PROJECT_ID,
    },
    ...{ collection, projectId: PROJECT_ID, token },
    requests: server.requests,
    blobRequests: blobServer.requests,
    close: async () => {
      await server.close();
      await blobServer.close();
    },
  };
}

interface Site {
  readonly options: DevOpsOptions;
  readonly token: string;
  readonly path: string;
  /** Content by the address that was signed for it. */
  readonly blobs: Map<string, () => Uint8Array>;
  readonly blobOrigin: string;
}

const BUSY: Reply = { status: 429, headers: { 'retry-after': '0' }, body: 'TF400733: busy' };

const SIGN_IN_PAGE: Reply = {
  status: 203,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: '<html><title>Azure DevOps Services | Sign In</title></html>',
};

function reply(site: Site, { method, url, headers }: SeenRequest): Reply {
  const { pathname, searchParams } = new URL(url, 'http://devops.invalid');
  if (headers.authorization !== `Bearer ${site.token}`) return refusedToken(site, headers);
  const route = new RegExp(`^${site.path}${PROJECT_ID}/_apis/build/builds/(\\d+)/artifacts$`);
  const run = route.exec(pathname)?.[1];
  if (method !== 'GET' || run === undefined) return failure(404, 'The controller was not found.');
  const version = searchParams.get('api-version') ?? '';
  if (!KNOWN_VERSIONS.has(version)) {
    return failure(400, `The requested version "${version}" of the resource is not supported.`);
  }
  return artifactsReply(site, Number(run), searchParams);
}

function refusedToken({ options }: Site, headers: SeenRequest['headers']): Reply {
  const wantsStatus = headers['x-tfs-fedauthredirect'] === 'Suppress';
  return wantsStatus && options.badTokenGets !== 'page' ? { status: 401 } : SIGN_IN_PAGE;
}

function artifactsReply(site: Site, run: number, parameters: URLSearchParams): Reply {
  const { runs = {}, hiddenRuns = [] } = site.options;
  if (hiddenRuns.includes(run)) {
    return failure(403, 'TF50309: The following account does not have sufficient permissions.');
  }
  const artifacts = runs[run]?.();
  if (artifacts === undefined)
    return failure(404, `The requested build ${run} could not be found.`);
  const name = parameters.get('artifactName');
  if (name === null) {
    const value = artifacts.map((artifact, index) => listed(artifact, index));
    return {
      status: 200,
      headers: JSON_TYPE,
      body: JSON.stringify({ count: value.length, value }),
    };
  }
  const found = artifacts.find((one) => one.name.toLowerCase() === name.toLowerCase());
  if (found === undefined) return failure(404, `Artifact ${name} was not found for build ${run}.`);
  return parameters.get('$format') === 'zip'
    ? archiveReply(site, found)
    : { status: 200, headers: JSON_TYPE, body: JSON.stringify(listed(found, 0)) };
}

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8; api-version=6.0' };

function failure(status: number, message: string): Reply {
  return { status, headers: JSON_TYPE, body: JSON.stringify({ $id: '1', message }) };
}

function listed({ name, type }: StoredArtifact, index: number): unknown {
  const data = type === 'Container' ? `#/815/${name}` : 'A1B2';
  return { id: index + 1, name, source: '12f1170f', resource: { type, data, properties: {} } };
}

/** Containers are packed by the service itself; pipeline artifacts lie elsewhere, at a signed address. */
function archiveReply({ blobs, blobOrigin }: Site, { name, type, archive }: StoredArtifact): Reply {
  if (type === 'Container') {
    return { status: 200, headers: { 'content-type': 'application/zip' }, body: archive() };
  }
  const address = `/artifacts/${encodeURIComponent(name)}?sig=${randomBytes(8).toString('hex')}`;
  blobs.set(address, archive);
  return { status: 302, headers: { location: `${blobOrigin}${address}` } };
}

/** Storage refuses an Authorization header that is not its own. */
function blobReply(
  { url, headers }: SeenRequest,
  blobs: ReadonlyMap<string, () => Uint8Array>,
): Reply {
  const archive = blobs.get(url);
  if (archive === undefined) return { status: 403 };
  if (headers.authorization !== undefined) return { status: 400 };
  return { status: 200, headers: { 'content-type': 'application/octet-stream' }, body: archive() };
}
