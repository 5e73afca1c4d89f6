import type { ContainerRegistryManagementClient, ImportSource } from '@azure/arm-containerregistry';
import { TaskError } from '../core/errors.ts';
import { counted } from '../core/text.ts';
import type { AzureConnection, TokenSource } from '../ports/azure.ts';
import type { RegistryConnection } from '../ports/host.ts';
import type { ContentImporter, ImportRequest, ImportResult } from '../ports/importer.ts';
import type { Timing } from '../registry/timing.ts';
import { OutOfPatience, withPatience } from './patience.ts';
import { sdkCredential } from './sdk-credential.ts';
import { sdkFailureOf } from './sdk-failure.ts';
import type { SdkHttpClient } from './sdk-http.ts';

/** What imports need: the connection, its tokens, the network, and the registry that takes them in. */
export interface AcrImporterParts {
  /** The connection to the subscription of the target registry. */
  readonly connection: AzureConnection;
  readonly tokens: (connection: AzureConnection) => TokenSource;
  readonly sdkHttp: SdkHttpClient;
  readonly timing: Pick<Timing, 'sleep' | 'random'>;
  /** Login server of the target, e.g. `example.azurecr.io`. */
  readonly target: string;
  readonly source: {
    readonly registry: string;
    readonly connection: RegistryConnection | undefined;
  };
  /** For one import with all its retries; 10 minutes when not given. */
  readonly deadlineMs?: number;
}

/** An import may hang in Azure; the content is streamed then, and so is the rest: others would hang as long. */
const DEADLINE_MS = 10 * 60_000;

/** Small images take less than a second. */
const POLL_MS = 1_000;

/** Answers that no other manifest will change. */
const REFUSALS: ReadonlySet<number | undefined> = new Set([401, 403, 404]);

const RESOURCE =
  /^\/subscriptions\/[^/]+\/resourceGroups\/(?<group>[^/]+)\/providers\/Microsoft\.ContainerRegistry\/registries\/(?<name>[^/]+)$/i;

/** The target as Azure Resource Manager knows it, and how it shall reach the source. */
interface Route {
  readonly client: ContainerRegistryManagementClient;
  readonly group: string;
  readonly name: string;
  readonly source: Omit<ImportSource, 'sourceImage'>;
}

/** Imports into an Azure container registry through Azure Resource Manager, whose SDK is loaded with the first import. */
export function createAcrImporter(parts: AcrImporterParts): ContentImporter {
  const { timing, deadlineMs = DEADLINE_MS } = parts;
  const findRoute = lastingRoute(parts);
  let closed: ImportResult | undefined;
  return {
    async importManifest(request, signal) {
      if (closed !== undefined) return closed;
      try {
        await withPatience({ timing, deadlineMs }, signal, async (bounded) =>
          send(await findRoute(bounded), request, bounded),
        );
        return { kind: 'imported' };
      } catch (error) {
        signal.throwIfAborted();
        const result = { kind: 'stream', reason: reasonOf(error, deadlineMs) } as const;
        if (isFinal(error)) closed = result;
        return result;
      }
    },
  };
}

/** The route, which is looked for once; where that failed, for instance throttled, the next who asks tries again. */
function lastingRoute(parts: AcrImporterParts): (signal: AbortSignal) => Promise<Route> {
  let route: Promise<Route> | undefined;
  return async (signal) => {
    const found = (route ??= openRoute(parts, signal));
    try {
      return await found;
    } catch (error) {
      if (route === found) route = undefined;
      throw error;
    }
  };
}

/** Whether no other import will fare better. */
function isFinal(error: unknown): boolean {
  return (
    error instanceof TaskError ||
    error instanceof OutOfPatience ||
    REFUSALS.has(sdkFailureOf(error).status)
  );
}

function reasonOf(error: unknown, deadlineMs: number): string {
  if (error instanceof OutOfPatience) {
    return `an import did not end within ${counted(deadlineMs / 60_000, 'minute')}, so no other is begun`;
  }
  const { code, message } = sdkFailureOf(error);
  return [code, message].filter(Boolean).join(': ');
}

async function send(
  route: Route,
  { digest, from, to }: ImportRequest,
  abortSignal: AbortSignal,
): Promise<void> {
  const { client, group, name } = route;
  const source = { ...route.source, sourceImage: `${from.name}@${digest}` };
  const what = { source, untaggedTargetRepositories: [to.name], mode: 'NoForce' };
  const options = { abortSignal, updateIntervalInMs: POLL_MS };
  await client.registries.importImage(group, name, what, options).pollUntilDone({ abortSignal });
}

async function openRoute(parts: AcrImporterParts, signal: AbortSignal): Promise<Route> {
  const { connection, tokens, sdkHttp, target } = parts;
  const { subscriptionId, cloud } = connection;
  if (subscriptionId === undefined) {
    throw notThere(target, 'the service connection of azureSubscription has no subscription');
  }
  const { ContainerRegistryManagementClient } = await import('./container-registry.chunk.ts');
  const client = new ContainerRegistryManagementClient(
    sdkCredential(tokens(connection)),
    subscriptionId,
    {
      ...{ endpoint: cloud.resourceManager, httpClient: sdkHttp },
      credentials: { scopes: [`${cloud.resourceManagerAudience}/.default`] },
    },
  );
  const ids = new Map<string, string>();
  for await (const { loginServer = '', id = '' } of client.registries.list({
    abortSignal: signal,
  })) {
    ids.set(loginServer.toLowerCase(), id);
  }
  const { group, name } = RESOURCE.exec(ids.get(target) ?? '')?.groups ?? {};
  if (group === undefined || name === undefined) {
    throw notThere(target, 'the subscription of azureSubscription has no such registry');
  }
  return { client, group, name, source: await sourceOf(parts, ids, signal) };
}

/** A registry of the subscription is named by its resource: the identity that imports reads it too. */
async function sourceOf(
  { source: { registry, connection }, tokens }: AcrImporterParts,
  ids: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<Route['source']> {
  const resourceId = ids.get(registry);
  if (resourceId !== undefined) return { resourceId };
  if (connection?.credential !== undefined) {
    const { username, password } = connection.credential;
    return { registryUri: registry, credentials: { username, password: password.reveal() } };
  }
  if (connection?.azure === undefined) return { registryUri: registry };
  const { resourceManagerAudience } = connection.azure.cloud;
  const { token } = await tokens(connection.azure).token(
    `${resourceManagerAudience}/.default`,
    signal,
  );
  return { registryUri: registry, credentials: { password: token.reveal() } };
}

function notThere(target: string, reason: string): TaskError {
  return new TaskError('CONTENT_NOT_FOUND', `${target} cannot import: ${reason}`);
}
