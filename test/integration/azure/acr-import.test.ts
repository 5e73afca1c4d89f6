import assert from 'node:assert/strict';
import { createAcrImporter } from '../../../shared/azure/acr-import.ts';
import { definite } from '../../../shared/core/errors.ts';
import { digestOf } from '../../../shared/oci/digest.ts';
import type { ContentImporter, ImportRequest } from '../../../shared/ports/importer.ts';
import { startCloud } from '../../support/azure/cloud.ts';
import type { TestCloud } from '../../support/azure/cloud.ts';
import { APPLICATIONS, MEMBERS } from '../../support/azure/connections.ts';
import { aConnection, openCloudNetwork } from '../../support/azure/network.ts';
import type { CloudNetwork } from '../../support/azure/network.ts';
import { makeSubscription } from '../../support/azure/resource-manager.ts';
import type { TestSubscription } from '../../support/azure/resource-manager.ts';
import { fakeTiming } from '../registry-client/support.ts';

const SUBSCRIPTION = '5b5c0000-0000-4000-8000-000000000001';
const SOURCE = 'build.azurecr.io';
const TARGET = 'public.azurecr.io';
const { signal } = new AbortController();

describe('createAcrImporter', function () {
  this.timeout(20_000);
  let cloud: TestCloud;
  let network: CloudNetwork;
  let subscription: TestSubscription;

  beforeEach(async () => {
    subscription = makeSubscription(SUBSCRIPTION);
    Object.assign(subscription.switches, { members: MEMBERS, registries: [SOURCE, TARGET] });
    cloud = await startCloud({
      applications: Object.values(APPLICATIONS),
      registries: [SOURCE, TARGET],
      services: [subscription],
    });
    network = await openCloudNetwork(cloud, fakeTiming());
  });
  afterEach(async () => {
    await network.close();
    await cloud.close();
  });

  const importer = (deadlineMs = 60_000): ContentImporter =>
    createAcrImporter({
      ...{ connection: aConnection({ subscriptionId: SUBSCRIPTION }), deadlineMs },
      ...{ tokens: (connection) => network.tokens(connection), sdkHttp: network.sdkHttp },
      ...{ timing: fakeTiming(), target: TARGET },
      source: { registry: SOURCE, connection: undefined },
    });

  /** An image at the source. */
  const anImage = (text: string): ImportRequest => {
    const bytes = Buffer.from(JSON.stringify({ annotations: { text } }));
    const digest = digestOf(bytes);
    const { store } = definite(cloud.registries.get(SOURCE), SOURCE).registry;
    const mediaType = 'application/vnd.oci.image.manifest.v1+json';
    store.open('app').manifests.set(digest, { digest, mediaType, bytes });
    const at = (registry: string): ImportRequest['from'] => ({ registry, name: 'app' });
    return { digest, from: at(SOURCE), to: at(TARGET) };
  };

  it('imports all the same when the list of registries is throttled at first', async () => {
    subscription.switches.throttledLists = 1;
    const acr = importer();
    const images = ['one', 'two', 'three'].map(anImage);
    const results = await Promise.all(
      images.map(async (image) => acr.importManifest(image, signal)),
    );
    assert.deepEqual(
      results.map(({ kind }) => kind),
      ['imported', 'imported', 'imported'],
    );
  });

  it('begins no other import once one hangs, and says so', async () => {
    subscription.switches.polls = Infinity;
    const acr = importer(3_000);
    const streamed = {
      kind: 'stream',
      reason: 'an import did not end within 0.05 minutes, so no other is begun',
    };
    assert.deepEqual(await acr.importManifest(anImage('one'), signal), streamed);
    assert.deepEqual(await acr.importManifest(anImage('two'), signal), streamed);
    assert.equal(subscription.imports.length, 1);
  });
});
