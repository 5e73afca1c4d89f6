import '../../shared/host/debug-lines.ts';
import { dirname, join } from 'node:path';
import { prettyJson } from '../../shared/core/json.ts';
import { agentLog } from '../../shared/host/agent-log.ts';
import { agentOutputs, agentSummary } from '../../shared/host/agent-outputs.ts';
import { agentHandOver } from '../../shared/host/hand-over.ts';
import { keepingLongLists } from '../../shared/host/long-list.ts';
import { openNetwork } from '../../shared/host/network.ts';
import { agentReports } from '../../shared/host/agent-reports.ts';
import type { Network } from '../../shared/host/network.ts';
import { nodeFileReader, nodeFileWriter } from '../../shared/host/node-files.ts';
import { connectRegistries } from '../../shared/host/registry-access.ts';
import { offerResults, refuseFolder } from '../../shared/host/result-files.ts';
import { dryRunMessage } from '../../shared/host/dry-run.ts';
import { runTask } from '../../shared/host/run-task.ts';
import { stepInputs } from '../../shared/host/step-inputs.ts';
import { openSigner } from '../../shared/host/signers/open-signer.ts';
import { processMeter, systemClock } from '../../shared/host/system.ts';
import type { Certificate } from '../../shared/notary/certificate.ts';
import type { HandOverReader } from '../../shared/ports/artifacts.ts';
import type { EvidenceReader } from '../../shared/ports/evidence.ts';
import type { SignedEnvelope, Signer } from '../../shared/ports/signer.ts';
import type { Timestamper } from '../../shared/ports/timestamper.ts';
import type { RegistryClient } from '../../shared/registry/registry-client.ts';
import type { SignReport } from '../../shared/release-report/model.ts';
import { createEvidenceReader } from '../../shared/signing/evidence-reader.ts';
import { createRevocationReader } from '../../shared/signing/revocation.ts';
import { createSignatureReader } from '../../shared/signing/signature-reader.ts';
import { readStampRoots } from '../../shared/signing/stamp-roots.ts';
import { createTimestamper } from '../../shared/signing/timestamper.ts';
import { createTrustReader } from '../../shared/signing/trust-reader.ts';
import { signReport } from './attachment.ts';
import { executePlan } from './execute.ts';
import { gatherFacts } from './gather.ts';
import type { Facts } from './gather.ts';
import { parseInputs } from './inputs.ts';
import type { Inputs } from './inputs.ts';
import { planSigning } from './plan.ts';
import type { FileStep } from './plan.ts';
import { trackProgress } from './progress.ts';
import {
  clockWarning,
  countOutcomes,
  planSummary,
  renderDone,
  renderPlan,
  reportOf,
  requireSigned,
} from './report.ts';
import { renderSummary } from './summary.ts';
import type { SummarisedFile } from './summary.ts';

async function signImageInfo(signal: AbortSignal): Promise<string> {
  const inputs = stepInputs(parseInputs);
  await refuseFolder(inputs.output);
  const network = openNetwork();
  try {
    const signer = await openSigner(inputs.signer, network, signal);
    const registry = connectRegistries(
      { read: [], write: [inputs.registry], dryRun: inputs.dryRun },
      inputs.registries,
      network,
    );
    const stamping = await openStamping(inputs, network, signal);
    const handOver = agentHandOver(network);
    return await keepingLongLists(dirname(inputs.output), nodeFileWriter, async () =>
      run({ inputs, signer, registry, handOver, stamping }, signal),
    );
  } finally {
    await network.close();
  }
}

/** What tells about time and revocation. */
interface Stamping {
  readonly evidence: EvidenceReader;
  readonly stampRoots: readonly Certificate[] | undefined;
  readonly timestamper: Timestamper | undefined;
}

async function openStamping(
  { timestamp }: Inputs,
  { http }: Network,
  signal: AbortSignal,
): Promise<Stamping> {
  const revocation = createRevocationReader(http, systemClock);
  const evidence = createEvidenceReader(revocation, systemClock);
  if (timestamp === undefined) return { evidence, stampRoots: undefined, timestamper: undefined };
  const { urls, rootCertificate } = timestamp;
  const roots = await readStampRoots(nodeFileReader, rootCertificate, signal);
  const timestamper = createTimestamper({ http, urls, roots, revocation });
  return { evidence, stampRoots: roots, timestamper };
}

interface Run {
  readonly inputs: Inputs;
  readonly signer: Signer;
  readonly registry: RegistryClient;
  readonly handOver: HandOverReader;
  readonly stamping: Stamping;
}

async function run(
  { inputs, signer, registry, handOver, stamping }: Run,
  signal: AbortSignal,
): Promise<string> {
  const signatures = createSignatureReader(registry, agentLog);
  const { evidence, stampRoots, timestamper } = stamping;
  const readers = {
    handOver,
    files: nodeFileReader,
    registry,
    signatures,
    trust: createTrustReader(nodeFileReader),
    ...{ evidence, stampRoots, signer },
    clock: systemClock,
  };
  const facts = await gatherFacts(inputs, readers, signal);
  const plan = planSigning(facts, inputs);
  agentLog.group(`Plan: ${planSummary(plan)}`, renderPlan(plan));
  const folder = dirname(inputs.output);
  const planPath = join(folder, 'plan.json');
  await nodeFileWriter.write(planPath, prettyJson(plan));
  if (inputs.dryRun) return dryRunMessage(planSummary(plan), planPath);
  const execution = await executePlan(plan, {
    writers: {
      ...{ signer, registry, signatures, evidence },
      ...(timestamper === undefined ? {} : { timestamper }),
    },
    judgement: facts,
    imageInfo: facts.imageInfo,
    onOutcome: trackProgress(plan, agentLog),
    signal,
  });
  await nodeFileWriter.write(inputs.output, prettyJson(reportOf(plan, execution, facts)));
  agentOutputs.set('reportPath', inputs.output);
  await present(signReport(facts, execution, inputs.registry.location), {
    step: plan.file,
    outcome: execution.file,
  });
  // What was signed is told even where others keep overwriting a list of it.
  await registry.settle(signal);
  const warning = clockWarning(execution);
  if (warning !== undefined) agentLog.warn(warning);
  const counts = countOutcomes(execution.outcomes);
  agentOutputs.set('signedCount', String(counts.signed));
  agentOutputs.set('skippedCount', String(counts.skipped));
  await passOn(inputs, facts, { step: plan.file, envelope: requireSigned(plan, execution) });
  const message = renderDone(counts, processMeter(() => registry.requestCount).read());
  agentLog.info(message);
  return message;
}

/** What the pages of a run show, whether all went well or not. */
async function present(report: SignReport, file: SummarisedFile): Promise<void> {
  await agentReports(nodeFileWriter).offer(report);
  await agentSummary('Signatures', nodeFileWriter).offer(renderSummary(report, file));
}

/** The hand-over file travels on as the bytes that came in, with its signature, beside the report. */
async function passOn(
  inputs: Inputs,
  { imageInfo }: Facts,
  { step, envelope }: { readonly step: FileStep; readonly envelope: SignedEnvelope },
): Promise<void> {
  const folder = dirname(inputs.output);
  const path = join(folder, step.name);
  await nodeFileWriter.write(path, imageInfo);
  await nodeFileWriter.write(join(folder, step.signatureName), envelope.bytes);
  agentOutputs.set('imageInfoPath', path);
  if (inputs.artifactName !== undefined) {
    const beside = ['plan.json', step.name, step.signatureName].map((name) => join(folder, name));
    await offerResults(inputs.artifactName, [inputs.output, ...beside]);
  }
}

void runTask(signImageInfo);
