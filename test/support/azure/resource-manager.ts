import { definite } from '../../../shared/core/errors.ts';
import { isDigest } from '../../../shared/oci/digest.ts';
import type { Digest } from '../../../shared/oci/digest.ts';
import type { RepositoryContent } from '../registry/store.ts';
import { refusal } from './call.ts';
import type { Call, Reply } from './call.ts';
import type { CloudService, Surroundings } from './cloud.ts';
import type { TestAcr } from './registry.ts';

/** A subscription of Azure Resource Manager that tests disturb. */
export interface TestSubscription extends CloudService {
  readonly id: string;
  readonly switches: SubscriptionSwitches;
  /** Bodies of the imports that were accepted. */
  readonly imports: readonly ImportBody[];
}

export interface SubscriptionSwitches {
  /** Who may do what here: client ids. */
  members: readonly string[];
  /** Login servers of the registries that belong to the subscription. */
  registries: readonly string[];
  /** How many imports are refused as too many. */
  throttled: number;
  /** How many lists of registries are refused as too many. */
  throttledLists: number;
  /** How often an accepted import is still running when it is asked for. */
  polls: number;
  /** Instead of the end of an import. */
  endsWith: Reply | undefined;
}

/** What is asked of an import. */
export interface ImportBody {
  readonly source: {
    readonly resourceId?: string;
    readonly registryUri?: string;
    readonly credentials?: { readonly username?: string; readonly password: string };
    readonly sourceImage: string;
  };
  readonly targetTags?: readonly string[];
  readonly untaggedTargetRepositories?: readonly string[];
  readonly mode?: string;
}

const HOST = 'management.azure.com';
const AUDIENCE = `https://${HOST}`;

/** A subscription; it answers once its cloud has started. */
export function makeSubscription(id: string): TestSubscription {
  const imports: ImportBody[] = [];
  const basePath = `/subscriptions/${id}/providers/Microsoft.ContainerRegistry`;
  const operations = new Map<string, { left: number; readonly finish: () => void }>();
  const subscription: TestSubscription = {
    ...{ hosts: [HOST], id, imports },
    switches: {
      ...{ members: [], registries: [], throttled: 0, throttledLists: 0 },
      ...{ polls: 1, endsWith: undefined },
    },
    start: (surroundings) => (call) => {
      if (call.host !== HOST) return undefined;
      const gate = gateOf(call, surroundings, subscription.switches);
      if (gate !== undefined) return gate;
      if (`${call.method} ${call.path}` === `GET ${basePath}/registries`) return list(subscription);
      if (call.path.startsWith(`${basePath}/operationStatuses/`)) return poll(call);
      return begin(call, surroundings);
    },
  };
  const poll = ({ path }: Call): Reply => {
    const operation = operations.get(path);
    if (operation === undefined) return refusal(404, 'NotFound', path);
    operation.left -= 1;
    if (operation.left >= 0) return accepted(path);
    const { endsWith } = subscription.switches;
    if (endsWith !== undefined) return endsWith;
    operation.finish();
    return { status: 200 };
  };
  const begin = (call: Call, surroundings: Surroundings): Reply => {
    const { switches } = subscription;
    const target = switches.registries.find(
      (name) => call.path === `${resourceOf(id, name)}/importImage`,
    );
    if (call.method !== 'POST' || target === undefined) return refusal(404, 'NotFound', call.path);
    if (switches.throttled > 0) {
      switches.throttled -= 1;
      return refusal(429, 'HAP429', 'The request is being throttled.');
    }
    const body = JSON.parse(call.body) as ImportBody;
    const copy = planImport(body, { ...surroundings, subscription: id, target });
    if (typeof copy === 'string') return refusal(400, 'BadRequest', copy);
    imports.push(body);
    const path = `${basePath}/operationStatuses/import-${imports.length}`;
    operations.set(path, { left: switches.polls, finish: copy });
    return accepted(path);
  };
  return subscription;
}

function gateOf(
  call: Call,
  { tokens }: Surroundings,
  { members }: SubscriptionSwitches,
): Reply | undefined {
  const claims = tokens.readBearer(call.header('authorization'));
  if (claims?.audience !== AUDIENCE) return refusal(401, 'InvalidAuthenticationToken', 'no token');
  if (call.query.get('api-version') === null) return refusal(400, 'MissingApiVersion', '');
  if (members.includes(claims.subject)) return undefined;
  return refusal(403, 'AuthorizationFailed', 'The client does not have authorization.');
}

function accepted(path: string): Reply {
  const location = `https://${HOST}${path}?api-version=2025-11-01`;
  return { status: 202, headers: { location, 'retry-after': '0' } };
}

/** The resource of a registry by its login server. */
export function resourceOf(subscription: string, loginServer: string): string {
  const [name = ''] = loginServer.split('.');
  return `/subscriptions/${subscription}/resourceGroups/images/providers/Microsoft.ContainerRegistry/registries/${name}`;
}

function list({ id, switches }: TestSubscription): Reply {
  if (switches.throttledLists > 0) {
    switches.throttledLists -= 1;
    return refusal(429, 'HAP429', 'The request is being throttled.');
  }
  const value = switches.registries.map((loginServer) => ({
    ...{ id: resourceOf(id, loginServer), location: 'westeurope', sku: { name: 'Premium' } },
    ...{ name: loginServer.split('.')[0], properties: { loginServer } },
  }));
  return { status: 200, body: { value } };
}

interface ImportContext extends Surroundings {
  readonly subscription: string;
  readonly target: string;
}

/** What an import will do when it ends, or what is wrong with the request. */
function planImport(
  { source, targetTags, untaggedTargetRepositories = [], mode }: ImportBody,
  context: ImportContext,
): (() => void) | string {
  const [name = '', digest = ''] = source.sourceImage.split('@');
  const [to] = untaggedTargetRepositories;
  if (!isDigest(digest)) return 'only imports by digest';
  if (targetTags !== undefined || to === undefined) return 'only imports without a tag';
  if (mode !== 'NoForce') return 'only imports that replace nothing';
  const from = sourceOf(source, context);
  if (typeof from === 'string') return from;
  const content = from.registry.store.find(name);
  if (content?.manifests.get(digest) === undefined) return 'manifest unknown';
  const target = definite(context.registries.get(context.target), 'the target').registry.store;
  return () => {
    copyImage(content, target.open(to), digest);
  };
}

/** The registry that is imported from, when the request may read it. */
function sourceOf(
  { resourceId, registryUri, credentials }: ImportBody['source'],
  { registries, tokens, subscription }: ImportContext,
): TestAcr | string {
  if ((resourceId === undefined) === (registryUri === undefined)) return 'one source, please';
  const acr = [...registries.values()].find(
    ({ name }) => name === registryUri || resourceOf(subscription, name) === resourceId,
  );
  if (acr === undefined) return 'source unknown';
  if (resourceId !== undefined) return acr;
  const { username, password } = credentials ?? {};
  const { principal, members } = acr.switches;
  const isMember = members.includes(tokens.read(password)?.subject ?? 'nobody');
  const isPrincipal = username === principal?.clientId && password === principal?.secret;
  return (username === undefined ? isMember : isPrincipal) ? acr : 'source refuses the credentials';
}

function copyImage(from: RepositoryContent, to: RepositoryContent, digest: Digest): void {
  const manifest = definite(from.manifests.get(digest), 'a manifest to import');
  const { config, layers = [] } = JSON.parse(Buffer.from(manifest.bytes).toString()) as {
    readonly config?: { readonly digest: Digest };
    readonly layers?: readonly { readonly digest: Digest }[];
  };
  for (const blob of [...(config === undefined ? [] : [config]), ...layers]) {
    to.blobs.set(blob.digest, definite(from.blobs.get(blob.digest), 'a blob to import'));
  }
  to.manifests.set(digest, manifest);
}
