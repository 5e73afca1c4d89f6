import { dirname, join } from 'node:path';
import { prettyJson } from '../../shared/core/json.ts';
import { orThrow } from '../../shared/core/result.ts';
import { agentInputs, runFolders } from '../../shared/host/agent-inputs.ts';
import { agentLog } from '../../shared/host/agent-log.ts';
import { agentArtifacts, agentOutputs } from '../../shared/host/agent-outputs.ts';
import { openNetwork } from '../../shared/host/network.ts';
import { nodeFileReader, nodeFileWriter } from '../../shared/host/node-files.ts';
import { connectRegistries } from '../../shared/host/registry-access.ts';
import { runTask } from '../../shared/host/run-task.ts';
import { processMeter, systemClock } from '../../shared/host/system.ts';
import type { RegistryClient } from '../../shared/registry/registry-client.ts';
import { createSignatureReader } from '../../shared/signing/signature-reader.ts';
import { createTrustReader } from '../../shared/signing/trust-reader.ts';
import { executePlan } from './execute.ts';
import { gatherFacts } from './gather.ts';
import { parseInputs } from './inputs.ts';
import type { Inputs } from './inputs.ts';
import { planPublish } from './plan.ts';
import {
  planSummary,
  publishedImages,
  publishedTags,
  renderDone,
  renderPlan,
  summary,
} from './report.ts';

async function publishArtifacts(signal: AbortSignal): Promise<string> {
  const inputs = orThrow(parseInputs(agentInputs, runFolders()), {
    code: 'INPUT_INVALID',
    subject: 'The task input',
  });
  const network = openNetwork();
  try {
    const registry = connectRegistries(
      { read: [inputs.source], write: [inputs.target], dryRun: inputs.dryRun },
      network,
    );
    return await run(inputs, registry, signal);
  } finally {
    await network.close();
  }
}

async function run(inputs: Inputs, registry: RegistryClient, signal: AbortSignal): Promise<string> {
  const readers = {
    files: nodeFileReader,
    registry,
    signatures: createSignatureReader(registry),
    trust: createTrustReader(nodeFileReader),
    clock: systemClock,
  };
  const facts = await gatherFacts(inputs, readers, signal);
  const plan = planPublish(facts, inputs);
  agentLog.group(`Plan: ${planSummary(plan)}`, renderPlan(plan));
  const folder = dirname(inputs.output);
  await nodeFileWriter.write(join(folder, 'plan.json'), prettyJson(plan));
  if (inputs.dryRun) return `Dry run: ${planSummary(plan)}, nothing was written.`;
  const writers = { registry, files: nodeFileWriter, clock: systemClock };
  const context = { nodes: facts.nodes, inputs, now: facts.now };
  const done = await executePlan(plan, context, { writers, signal });
  agentOutputs.set('imageInfoPath', inputs.output);
  agentOutputs.set('receiptPath', done.receiptPath);
  agentOutputs.set('publishedImageCount', String(publishedImages(plan)));
  agentOutputs.set('publishedTagCount', String(publishedTags(plan)));
  if (inputs.artifactName !== undefined) agentArtifacts.offer(inputs.artifactName, folder);
  const usage = processMeter(() => registry.requestCount).read();
  for (const line of renderDone(done, usage)) agentLog.info(line);
  return summary(plan, done);
}

void runTask(publishArtifacts);
