import { dirname, join } from 'node:path';
import { prettyJson } from '../../shared/core/json.ts';
import { orThrow } from '../../shared/core/result.ts';
import { Secret } from '../../shared/core/secret.ts';
import { agentInputs, maskSecret, runFolders } from '../../shared/host/agent-inputs.ts';
import { agentLog } from '../../shared/host/agent-log.ts';
import { agentArtifacts, agentOutputs } from '../../shared/host/agent-outputs.ts';
import { openNetwork } from '../../shared/host/network.ts';
import { nodeFileReader, nodeFileWriter } from '../../shared/host/node-files.ts';
import { connectRegistries } from '../../shared/host/registry-access.ts';
import { runTask } from '../../shared/host/run-task.ts';
import { processMeter, systemClock } from '../../shared/host/system.ts';
import { USER_AGENT } from '../../shared/host/version.ts';
import type { Signer } from '../../shared/ports/signer.ts';
import type { RegistryClient } from '../../shared/registry/registry-client.ts';
import { createCertificateSigner } from '../../shared/signing/certificate-signer.ts';
import { createSignatureReader } from '../../shared/signing/signature-reader.ts';
import { createTrustReader } from '../../shared/signing/trust-reader.ts';
import { executePlan } from './execute.ts';
import { gatherFacts } from './gather.ts';
import type { Facts } from './gather.ts';
import { parseInputs } from './inputs.ts';
import type { CertificateSigner, Inputs } from './inputs.ts';
import { planSigning } from './plan.ts';
import {
  countOutcomes,
  failureOf,
  planSummary,
  renderDone,
  renderPlan,
  reportOf,
} from './report.ts';

async function signImageInfo(signal: AbortSignal): Promise<string> {
  const inputs = orThrow(parseInputs(agentInputs, runFolders()), {
    code: 'INPUT_INVALID',
    subject: 'The task input',
  });
  const signer = await createSigner(inputs.signer, signal);
  const network = openNetwork();
  try {
    const registry = connectRegistries(
      { read: [], write: [inputs.registry], dryRun: inputs.dryRun },
      network,
    );
    return await run({ inputs, signer, registry }, signal);
  } finally {
    await network.close();
  }
}

async function createSigner(
  { privateKey, certificateChain, password }: CertificateSigner,
  signal: AbortSignal,
): Promise<Signer> {
  const key = new TextDecoder().decode(await nodeFileReader.read(privateKey, signal));
  maskSecret(key);
  return createCertificateSigner({
    privateKey: new Secret(key),
    ...(password === undefined ? {} : { password }),
    chainPem: await nodeFileReader.read(certificateChain, signal),
    signingAgent: USER_AGENT,
    clock: systemClock,
  });
}

interface Run {
  readonly inputs: Inputs;
  readonly signer: Signer;
  readonly registry: RegistryClient;
}

async function run({ inputs, signer, registry }: Run, signal: AbortSignal): Promise<string> {
  const signatures = createSignatureReader(registry);
  const readers = {
    files: nodeFileReader,
    registry,
    signatures,
    trust: createTrustReader(nodeFileReader),
    signer,
    clock: systemClock,
  };
  const facts = await gatherFacts(inputs, readers, signal);
  const plan = planSigning(facts, inputs);
  agentLog.group(`Plan: ${planSummary(plan)}`, renderPlan(plan));
  const folder = dirname(inputs.output);
  await nodeFileWriter.write(join(folder, 'plan.json'), prettyJson(plan));
  if (inputs.dryRun) return `Dry run: ${planSummary(plan)}, nothing was written.`;
  const writers = { signer, registry, signatures };
  const outcomes = await executePlan(plan, { writers, judgement: facts, signal });
  await registry.settle(signal);
  await nodeFileWriter.write(inputs.output, prettyJson(reportOf(plan, outcomes, facts.chain)));
  agentOutputs.set('reportPath', inputs.output);
  const counts = countOutcomes(outcomes);
  agentOutputs.set('signedCount', String(counts.signed));
  agentOutputs.set('skippedCount', String(counts.skipped));
  const failure = failureOf(outcomes);
  if (failure !== undefined) throw failure;
  await handOver(inputs, facts);
  const message = renderDone(counts, processMeter(() => registry.requestCount).read());
  agentLog.info(message);
  return message;
}

/** The hand-over file travels on as the bytes that came in, beside the report. */
async function handOver(inputs: Inputs, { imageInfo }: Facts): Promise<void> {
  const folder = dirname(inputs.output);
  const path = join(folder, 'image-info.json');
  await nodeFileWriter.write(path, imageInfo);
  agentOutputs.set('imageInfoPath', path);
  if (inputs.artifactName !== undefined) agentArtifacts.offer(inputs.artifactName, folder);
}

void runTask(signImageInfo);
