import '../../shared/host/debug-lines.ts';
import { dirname, join } from 'node:path';
import { prettyJson } from '../../shared/core/json.ts';
import { firstLines } from '../../shared/core/long-list.ts';
import { jobPosition } from '../../shared/host/agent-inputs.ts';
import { agentLog } from '../../shared/host/agent-log.ts';
import { agentOutputs, agentSummary } from '../../shared/host/agent-outputs.ts';
import { agentReports } from '../../shared/host/agent-reports.ts';
import { agentHandOver } from '../../shared/host/hand-over.ts';
import { keepingLongLists } from '../../shared/host/long-list.ts';
import { openImporter } from '../../shared/host/importer.ts';
import { openNetwork } from '../../shared/host/network.ts';
import type { Network } from '../../shared/host/network.ts';
import { nodeFileReader, nodeFileWriter } from '../../shared/host/node-files.ts';
import { connectRegistries } from '../../shared/host/registry-access.ts';
import { offerResults, refuseFolder } from '../../shared/host/result-files.ts';
import { dryRunMessage } from '../../shared/host/dry-run.ts';
import { runTask } from '../../shared/host/run-task.ts';
import { stepInputs } from '../../shared/host/step-inputs.ts';
import { createEvidenceReader } from '../../shared/signing/evidence-reader.ts';
import { createRevocationReader } from '../../shared/signing/revocation.ts';
import { processMeter, systemClock, systemTimer } from '../../shared/host/system.ts';
import { createSignatureReader } from '../../shared/signing/signature-reader.ts';
import { createTrustReader } from '../../shared/signing/trust-reader.ts';
import { publishReport, rollbackReport } from './attachment.ts';
import { hasUnfinishedReceipt } from './earlier-receipts.ts';
import { executePlan } from './execute.ts';
import type { Done } from './execute.ts';
import { gatherFacts } from './gather.ts';
import type { Facts } from './gather.ts';
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
import { trackProgress } from './progress.ts';
import { receiptPathOf, unfinishedArtifact } from './receipt.ts';
import type { RollbackInputs } from './rollback-inputs.ts';
import { planRollback } from './rollback-plan.ts';
import {
  notDeleted,
  nothingDiffers,
  renderRollback,
  renderRollbackSummary,
  rollbackDone,
  rollbackSummary,
} from './rollback-report.ts';
import { executeRollback, gatherRollback, rollbackArtifact, rollbackPathOf } from './rollback.ts';
import type { Slice } from './slice.ts';
import type { Plan } from './steps.ts';
import { renderSummary } from './summary.ts';

async function publishArtifacts(signal: AbortSignal): Promise<string> {
  const inputs = stepInputs(parseInputs);
  await refuseFolder(inputs.output);
  const network = openNetwork();
  try {
    return await keepingLongLists(dirname(inputs.output), nodeFileWriter, async () =>
      inputs.kind === 'rollback'
        ? rollBack(inputs, network, signal)
        : publish(inputs, network, signal),
    );
  } finally {
    await network.close();
  }
}

async function publish(inputs: Inputs, network: Network, signal: AbortSignal): Promise<string> {
  const waitingAt = inputs.wait === undefined ? [] : [inputs.wait.place];
  const registry = connectRegistries(
    { read: [inputs.source, ...waitingAt], write: [inputs.target], dryRun: inputs.dryRun },
    inputs.registries,
    network,
  );
  const slice = sliceOfJob(inputs);
  const readers = {
    handOver: agentHandOver(network),
    files: nodeFileReader,
    registry,
    signatures: createSignatureReader(registry, agentLog),
    trust: createTrustReader(nodeFileReader),
    evidence: createEvidenceReader(createRevocationReader(network.http, systemClock), systemClock),
    clock: systemClock,
    slice,
  };
  const facts = await gatherFacts(inputs, readers, signal);
  const plan = planPublish(facts, inputs);
  agentLog.group(`Plan: ${planSummary(plan)}`, renderPlan(plan));
  for (const warning of plan.warnings) agentLog.warn(warning);
  await nodeFileWriter.write(planPathOf(inputs.output), prettyJson(plan));
  if (inputs.dryRun) return dryRunMessage(planSummary(plan), planPathOf(inputs.output));
  const writers = {
    ...{ registry, files: nodeFileWriter, clock: systemTimer, log: agentLog },
    ...openImporter(inputs, network),
    progress: trackProgress(plan, agentLog, Date.now),
    onPublished: async (done: Done) => showPublished(done, { facts, plan, inputs }),
  };
  const context = { nodes: facts.nodes, inputs, now: facts.now };
  const done = await keepingReceipt(plan, inputs, async () =>
    executePlan(plan, context, { writers, signal }),
  );
  const receiptPath = receiptPathOf(inputs.output);
  if (done.receipt !== undefined && inputs.artifactName !== undefined) {
    const results = [inputs.output, receiptPath, planPathOf(inputs.output)];
    await offerResults(inputs.artifactName, results);
  }
  const usage = processMeter(() => registry.requestCount).read();
  for (const line of renderDone(done, { usage, receiptPath })) agentLog.info(line);
  return summary(plan, done);
}

interface Published {
  readonly facts: Facts;
  readonly plan: Plan;
  readonly inputs: Inputs;
}

/** Shows what is at the target on the page of the run, and says it to later steps. */
async function showPublished(done: Done, { facts, plan, inputs }: Published): Promise<void> {
  const report = publishReport(facts, plan, inputs.target.location);
  await agentReports(nodeFileWriter).offer(report);
  await agentSummary('Publish', nodeFileWriter).offer(renderSummary(plan, done));
  agentOutputs.set('publishedImageCount', String(publishedImages(plan)));
  agentOutputs.set('publishedTagCount', String(publishedTags(plan)));
  if (done.receipt === undefined) return;
  agentOutputs.set('imageInfoPath', inputs.output);
  agentOutputs.set('receiptPath', receiptPathOf(inputs.output));
}

/** Uploads the receipt of a publish that did not come to its end: the next attempt may run on another machine. */
async function keepingReceipt<T>(
  plan: Plan,
  { output, artifactName }: Inputs,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (await hasUnfinishedReceipt(plan, output, nodeFileReader)) {
      const results = [receiptPathOf(output), planPathOf(output)];
      // A classic release has no artifacts: a step that always runs copies the receipt from there.
      agentOutputs.set('receiptPath', receiptPathOf(output));
      if (artifactName !== undefined) await offerResults(unfinishedArtifact(artifactName), results);
    }
    throw error;
  }
}

/** The plan is kept beside the output. */
function planPathOf(output: string): string {
  return join(dirname(output), 'plan.json');
}

/** Which part of the work is that of this job; only content can be shared. */
function sliceOfJob({ phase }: Inputs): Slice | undefined {
  const slice = jobPosition();
  if (slice !== undefined && phase !== 'content') {
    agentLog.warn(
      `This is one of ${slice.total} jobs, and each of them publishes everything: share the work by phase content, then tags in a job of its own.`,
    );
  }
  return slice;
}

async function rollBack(
  inputs: RollbackInputs,
  network: Network,
  signal: AbortSignal,
): Promise<string> {
  const { target, registries, dryRun, output } = inputs;
  const use = { read: [], write: [target], dryRun };
  const registry = connectRegistries(use, registries, network);
  const facts = await gatherRollback(inputs, { files: nodeFileReader, registry }, signal);
  const plan = planRollback(facts);
  agentLog.group(`Plan: ${rollbackSummary(plan)}`, renderRollback(plan));
  if (plan.warnings.length > 0) agentLog.warn(firstLines(plan.warnings, 'rollback-plan.json'));
  for (const warning of nothingDiffers(plan)) agentLog.warn(warning);
  const planPath = join(dirname(output), 'rollback-plan.json');
  await nodeFileWriter.write(planPath, prettyJson(plan));
  if (dryRun) return dryRunMessage(rollbackSummary(plan), planPath);
  const writers = { registry, files: nodeFileWriter, clock: systemClock };
  const context = { manifests: facts.manifests, output };
  const record = await executeRollback(plan, context, { writers, signal });
  agentOutputs.set('receiptPath', rollbackPathOf(output));
  await agentReports(nodeFileWriter).offer(rollbackReport(record, target.location));
  await agentSummary('Rollback', nodeFileWriter).offer(renderRollbackSummary(record));
  const left = notDeleted(record);
  if (left.length > 0) agentLog.warn(firstLines(left, 'rollback.json'));
  const results = [rollbackPathOf(output), planPath];
  if (inputs.artifactName !== undefined) {
    await offerResults(rollbackArtifact(inputs.artifactName), results);
  }
  return rollbackDone(record);
}

void runTask(publishArtifacts);
