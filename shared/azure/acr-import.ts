import type { ContainerRegistryManagementClient, ImportSource } from '@azure/arm-containerregistry';
import { TaskError } from '../core/errors.ts';
import type { AzureConnection, TokenSource } from '../ports/azure.ts';
import type { RegistryConnection } from '../ports/host.ts';
import type { ContentImporter, ImportRequest, ImportResult } from '../ports/importer.ts';
import type { Timing } from '../registry/timing.ts';
import { withPatience } from './patience.ts';
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
}

/** An import may hang in Azure; the content is streamed then. */
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
  let route: Promise<Route> | undefined;
  let closed: ImportResult | undefined;
  return {
    async importManifest(request, signal) {
      if (closed !== undefined) return closed;
      try {
        const patience = { timing: parts.timing, deadlineMs: DEADLINE_MS };
        await withPatience(patience, signal, async (bounded) =>
          send(await (route ??= openRoute(parts, bounded)), request, bounded),
        );
        return { kind: 'imported' };
      } catch (error) {
        signal.throwIfAborted();
        const { status, code, message } = sdkFailureOf(error);
        const result = {
          kind: 'stream',
          reason: [code, message].filter(Boolean).join(': '),
        } as const;
        if (error instanceof TaskError || REFUSALS.has(status)) closed = result;
        return result;
      }
    },
  };
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
