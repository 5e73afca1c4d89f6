import { definite } from '../../../shared/core/errors.ts';
import { startCloud } from '../azure/cloud.ts';
import type { TestCloud } from '../azure/cloud.ts';
import {
  APPLICATIONS,
  MEMBERS,
  OTHER_FEDERATED_IDS,
  acrConnection,
  azureConnection,
} from '../azure/connections.ts';
import type { TestAcr } from '../azure/registry.ts';
import { makeSubscription } from '../azure/resource-manager.ts';
import type { TestSubscription } from '../azure/resource-manager.ts';
import { makeVault } from '../azure/vault.ts';
import type { TestVault } from '../azure/vault.ts';
import { startTimestampServer } from '../timestamp-server.ts';
import type { TimestampServer } from '../timestamp-server.ts';
import type { Site } from './site.ts';

const SUBSCRIPTION = '5b5c0000-0000-4000-8000-000000000001';
const BUILD = 'contosobuild.azurecr.io';
const PUBLIC = 'contosopublic.azurecr.io';
const VAULT = {
  host: 'contoso-signing.vault.azure.net',
  audience: 'https://vault.azure.net',
  authority: 'https://login.microsoftonline.com/common',
};
const TIMESTAMPS = 'timestamp.digicert.com:80';

/** A project whose registries and keys are in Azure, and whose connections log in by workload identity federation. */
export interface AzureSite extends Site {
  readonly cloud: TestCloud;
  readonly vault: TestVault;
  readonly subscription: TestSubscription;
  readonly timestamps: TimestampServer;
  readonly publicRegistry: TestAcr;
  /** Variables of the jobs there. */
  readonly variables: Readonly<Record<string, string>>;
}

/** Moves what a site has built into Azure; closing it closes the site too. */
export async function openAzureSite(site: Site): Promise<AzureSite> {
  const vault = makeVault(VAULT, [{ name: 'release', version: 'v1', chain: site.signer }]);
  const subscription = makeSubscription(SUBSCRIPTION);
  const timestamps = await startTimestampServer(site.authority);
  const cloud = await startCloud({
    applications: [APPLICATIONS.federated],
    registries: [BUILD, PUBLIC],
    services: [vault, subscription],
    routes: new Map([[TIMESTAMPS, timestamps.port]]),
    accessToken: site.devops.token,
  });
  vault.switches.members = MEMBERS;
  subscription.switches.members = MEMBERS;
  subscription.switches.registries = [BUILD, PUBLIC];
  for (const { switches } of cloud.registries.values()) switches.members = MEMBERS;
  copyContent(site, definite(cloud.registries.get(BUILD), BUILD));
  const [first, second, third, fourth] = OTHER_FEDERATED_IDS;
  return {
    ...site,
    ...{ cloud, vault, subscription, timestamps },
    publicRegistry: definite(cloud.registries.get(PUBLIC), PUBLIC),
    variables: cloud.agent.variables,
    connections: {
      'build-registry': { ...acrConnection('federated', BUILD), id: first },
      'public-registry': { ...acrConnection('federated', PUBLIC), id: second },
      signing: { ...azureConnection('federated', SUBSCRIPTION), id: third },
      publishing: { ...azureConnection('federated', SUBSCRIPTION), id: fourth },
    },
    close: async () => {
      await Promise.all([cloud.close(), timestamps.close()]);
      await site.close();
    },
  };
}

function copyContent({ build }: Site, { registry }: TestAcr): void {
  for (const name of build.store.names()) {
    const [from, to] = [build.store.open(name), registry.store.open(name)];
    for (const [digest, bytes] of from.blobs) to.blobs.set(digest, bytes);
    for (const [digest, manifest] of from.manifests) to.manifests.set(digest, manifest);
  }
}
