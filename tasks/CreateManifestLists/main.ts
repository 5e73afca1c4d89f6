import '../../shared/host/debug-lines.ts';
import { dirname, join } from 'node:path';
import { prettyJson } from '../../shared/core/json.ts';
import { occasionally } from '../../shared/core/occasionally.ts';
import { counted } from '../../shared/core/text.ts';
import { agentLog } from '../../shared/host/agent-log.ts';
import { agentOutputs, agentSummary } from '../../shared/host/agent-outputs.ts';
import { agentHandOver } from '../../shared/host/hand-over.ts';
import { keepingLongLists } from '../../shared/host/long-list.ts';
import { openNetwork } from '../../shared/host/network.ts';
import { agentReports } from '../../shared/host/agent-reports.ts';
import { nodeFileReader, nodeFileWriter } from '../../shared/host/node-files.ts';
import { connectRegistries } from '../../shared/host/registry-access.ts';
import { offerResults, refuseFolder } from '../../shared/host/result-files.ts';
import { dryRunMessage } from '../../shared/host/dry-run.ts';
import { runTask } from '../../shared/host/run-task.ts';
import { stepInputs } from '../../shared/host/step-inputs.ts';
import { processMeter, systemClock } from '../../shared/host/system.ts';
import type { RegistryClient } from '../../shared/registry/registry-client.ts';
import { createReport } from './attachment.ts';
import { executePlan } from './execute.ts';
import { findFragments, gatherFacts } from './gather.ts';
import { parseInputs } from './inputs.ts';
import type { Inputs } from './inputs.ts';
import { planLists } from './plan.ts';
import { planSummary, renderDone, renderPlan } from './report.ts';
import { renderSummary } from './summary.ts';

async function createManifestLists(signal: AbortSignal): Promise<string> {
  const inputs = stepInputs(parseInputs);
  await refuseFolder(inputs.output);
  const network = openNetwork();
  try {
    const readers = { files: nodeFileReader, handOver: agentHandOver(network) };
    const { kept, superseded, missed, own } = await findFragments(inputs, readers, signal);
    for (const file of own) agentLog.info(`Leaving out ${file}, which this task writes.`);
    for (const file of superseded) agentLog.info(`A later attempt replaces ${file}.`);
    for (const file of missed) {
      agentLog.warn(`A later attempt replaces ${file}, which describes platforms that it lacks.`);
    }
    if (kept.length === 0) return reportNothing(inputs);
    agentOutputs.set('noImageInfo', 'false');
    const registry = connectRegistries(
      {
        read: inputs.published === undefined ? [] : [inputs.published],
        write: [inputs.registry],
        dryRun: inputs.dryRun,
      },
      inputs.registries,
      network,
    );
    return await keepingLongLists(dirname(inputs.output), nodeFileWriter, async () =>
      run({ inputs, fragments: kept, registry }, signal),
    );
  } finally {
    await network.close();
  }
}

interface Run {
  readonly inputs: Inputs;
  readonly fragments: readonly string[];
  readonly registry: RegistryClient;
}

async function run({ inputs, fragments, registry }: Run, signal: AbortSignal): Promise<string> {
  agentLog.info(`Merging ${counted(fragments.length, 'image-info file')}.`);
  const readers = {
    files: nodeFileReader,
    registry,
    clock: systemClock,
    onRead: progressOf('platform images read', 0, 66),
  };
  const facts = await gatherFacts({ inputs, fragments }, readers, signal);
  const plan = planLists(facts, inputs);
  agentLog.group(`Plan: ${planSummary(plan)}`, renderPlan(plan));
  for (const warning of plan.warnings) agentLog.warn(warning);
  const planPath = join(dirname(inputs.output), 'plan.json');
  await nodeFileWriter.write(planPath, prettyJson(plan));
  agentOutputs.set('planPath', planPath);
  agentOutputs.set('manifestListCount', String(plan.lists.length));
  if (inputs.dryRun) return dryRunMessage(`${planSummary(plan)} planned`, planPath);
  const writers = { registry, files: nodeFileWriter, onPut: progressOf('tags put', 66, 100) };
  const done = await executePlan(plan, inputs.output, { writers, signal });
  agentOutputs.set('imageInfoPath', inputs.output);
  await agentReports(nodeFileWriter).offer(createReport(facts, plan));
  if (inputs.artifactName !== undefined) {
    await offerResults(inputs.artifactName, [inputs.output, planPath]);
  }
  await agentSummary('Manifest lists', nodeFileWriter).offer(renderSummary(plan));
  const message = renderDone(done, processMeter(() => registry.requestCount).read());
  agentLog.info(message);
  return message;
}

/** Says how far a long run is; two thirds of its requests read, the others put tags. */
function progressOf(what: string, from: number, to: number): (done: number, total: number) => void {
  return occasionally((done, total) => {
    const message = `${done} of ${total} ${what}.`;
    agentLog.info(message);
    agentLog.progress(from + ((to - from) * done) / total, message);
  }, Date.now);
}

function reportNothing({ fragments, fragmentRoot, fragmentArtifacts }: Inputs): string {
  const where =
    fragments.length > 0
      ? `below ${fragmentRoot} for ${fragments.join(', ')}`
      : `in artifacts called ${fragmentArtifacts}`;
  agentLog.warn(`No image-info was found ${where}.`);
  agentOutputs.set('noImageInfo', 'true');
  agentOutputs.set('manifestListCount', '0');
  return 'No image-info was found: there is nothing to create.';
}

void runTask(createManifestLists);
