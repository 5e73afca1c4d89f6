import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { definite } from '../../../shared/core/errors.ts';
import { createAgent } from '../../support/agent/agent.ts';
import type { Agent } from '../../support/agent/agent.ts';
import type { StepResult } from '../../support/agent/step-finish.ts';
import { refusal } from '../../support/azure/call.ts';
import { startCloud } from '../../support/azure/cloud.ts';
import type { TestCloud } from '../../support/azure/cloud.ts';
import {
  APPLICATIONS,
  MEMBERS,
  OTHER_FEDERATED_IDS,
  acrConnection,
  azureConnection,
} from '../../support/azure/connections.ts';
import type { TestAcr } from '../../support/azure/registry.ts';
import { makeSubscription, resourceOf } from '../../support/azure/resource-manager.ts';
import type { TestSubscription } from '../../support/azure/resource-manager.ts';
import { assertRefused } from '../tasks/support/expect.ts';
import { taskLabs } from '../tasks/support/labs.ts';
import { runPublish, writeFiles } from '../tasks/support/stages.ts';
import { holesIn } from '../tasks/support/tree.ts';

const SUBSCRIPTION = '5b5c0000-0000-4000-8000-000000000001';
const SOURCE = 'build.azurecr.io';
const TARGET = 'public.azurecr.io';

describe('PublishArtifacts with imports into an Azure container registry', function () {
  this.timeout(60_000);
  const labs = taskLabs();
  let cloud: TestCloud;
  let subscription: TestSubscription;
  let agent: Agent;
  let source: TestAcr;
  let target: TestAcr;

  beforeEach(async () => {
    subscription = makeSubscription(SUBSCRIPTION);
    subscription.switches.members = MEMBERS;
    subscription.switches.registries = [SOURCE, TARGET];
    cloud = await startCloud({
      applications: Object.values(APPLICATIONS),
      registries: [SOURCE, TARGET],
      services: [subscription],
    });
    source = definite(cloud.registries.get(SOURCE), 'the source');
    target = definite(cloud.registries.get(TARGET), 'the target');
    source.switches.members = MEMBERS;
    target.switches.members = MEMBERS;
    const lab = await labs.open('signed');
    for (const name of lab.source.store.names()) {
      const [from, to] = [lab.source.store.open(name), source.registry.store.open(name)];
      for (const [digest, bytes] of from.blobs) to.blobs.set(digest, bytes);
      for (const [digest, manifest] of from.manifests) to.manifests.set(digest, manifest);
    }
    agent = await createAgent(cloud.agent);
    const imageInfo = await readFile(`${lab.agent.workspace}/image-info-signed/image-info.json`);
    await writeFiles(agent.workspace, { 'image-info-signed/image-info.json': imageInfo });
  });
  afterEach(async () => {
    await agent.dispose();
    await cloud.close();
    await labs.dispose();
  });

  const publish = async (inputs: Readonly<Record<string, string>> = {}): Promise<StepResult> =>
    runPublish({
      ...{ agent, source: '', target: '' },
      inputs,
      step: {
        endpoints: {
          sourceConnection: { ...acrConnection('federated', SOURCE), id: OTHER_FEDERATED_IDS[0] },
          targetConnection: { ...acrConnection('federated', TARGET), id: OTHER_FEDERATED_IDS[1] },
          azureSubscription: azureConnection('federated', SUBSCRIPTION),
        },
      },
    });
  const assertPublished = (step: StepResult): void => {
    assert.equal(step.result, 'Succeeded', step.lines.join('\n'));
    assert.deepEqual(step.violations, []);
    const { store } = target.registry;
    assert.ok(store.names().some((name) => store.open(name).tags.size > 0));
    assert.deepEqual(holesIn(store, { prefix: 'public', referrersApi: true }), []);
  };
  const uploads = (): number =>
    target.registry.requests.filter(({ path }) => path.includes('/blobs/uploads/')).length;

  it('lets the target import every image by digest, without a tag, by the resource of the source', async () => {
    const step = await publish();
    assertPublished(step);
    assert.notEqual(subscription.imports.length, 0);
    for (const { source: from, mode, targetTags } of subscription.imports) {
      assert.equal(from.resourceId, resourceOf(SUBSCRIPTION, SOURCE));
      assert.match(from.sourceImage, /^build\/42\/[^@]+@sha256:[0-9a-f]{64}$/);
      assert.deepEqual({ mode, targetTags }, { mode: 'NoForce', targetTags: undefined });
    }
    assert.ok(step.lines.some((line) => line.includes('imported by the registry')));
  });

  it('imports with the identity of the source, where that is in another subscription', async () => {
    subscription.switches.registries = [TARGET];
    assertPublished(await publish());
    const [{ source: from } = { source: undefined }] = subscription.imports;
    assert.equal(from?.registryUri, SOURCE);
    assert.equal(from.credentials?.username, undefined);
  });

  it('waits where Azure Resource Manager is throttled', async () => {
    subscription.switches.throttled = 2;
    assertPublished(await publish());
    assert.notEqual(subscription.imports.length, 0);
  });

  const streamed: readonly {
    readonly name: string;
    readonly arrange: () => void;
    readonly says: RegExp;
  }[] = [
    {
      name: 'the identity may not import',
      arrange: () => (subscription.switches.members = []),
      says: /Streaming .*AuthorizationFailed/,
    },
    {
      name: 'the subscription has no such registry',
      arrange: () => (subscription.switches.registries = []),
      says: /Streaming .*no such registry/,
    },
    {
      name: 'an import fails',
      arrange: () => (subscription.switches.endsWith = refusal(400, 'ImportFailed', 'It broke.')),
      says: /Streaming .*@sha256:[0-9a-f]{64}: ./,
    },
  ];
  for (const { name, arrange, says } of streamed) {
    it(`streams when ${name}, and says why`, async () => {
      arrange();
      const step = await publish();
      assertPublished(step);
      assert.ok(
        step.lines.some((line) => says.test(line)),
        step.lines.join('\n'),
      );
      assert.notEqual(uploads(), 0);
    });
  }

  it('wants no subscription that it does not use', async () => {
    assertRefused(await publish({ copyMethod: 'stream' }), {
      code: 'INPUT_INVALID',
      says: ['azureSubscription: is not used when copyMethod is stream'],
    });
  });
});
