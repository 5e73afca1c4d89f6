import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatFailures, verifySignature } from '../../../shared/notary/verify.ts';
import type { Descriptor } from '../../../shared/oci/descriptor.ts';
import { digestOf } from '../../../shared/oci/digest.ts';
import { documentOf } from '../../../shared/oci/manifest-document.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import { formatReference } from '../../../shared/oci/reference.ts';
import type { Repository } from '../../../shared/oci/reference.ts';
import {
  EMPTY_CONFIG,
  EMPTY_CONFIG_BYTES,
  buildSignatureManifest,
} from '../../../shared/oci/signature-manifest.ts';
import { createHttpClient } from '../../../shared/registry/http-client.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import { systemTiming } from '../../../shared/registry/timing.ts';
import { createTransport } from '../../../shared/registry/transport.ts';
import { createEvidenceReader } from '../../../shared/signing/evidence-reader.ts';
import { createRevocationReader } from '../../../shared/signing/revocation.ts';
import type { RevocationReader } from '../../../shared/signing/revocation.ts';
import { createSignatureReader } from '../../../shared/signing/signature-reader.ts';
import type { HttpClient } from '../../../shared/ports/http.ts';
import { aClient } from '../../integration/registry-client/support.ts';
import type { TestChain } from '../../support/certificates.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import { outputOf, runCommand } from './commands.ts';
import { notationHome, trusted } from './notation-home.ts';
import type { LabTrust } from './notation-home.ts';
import { silentLog } from '../../support/silent-log.ts';

/** A subject in a repository of its own. */
export interface LabSubject {
  readonly repository: Repository;
  readonly descriptor: Descriptor;
  /** With host and digest, as the notation CLI takes it. */
  readonly reference: string;
}

/** What both verifications came to: why not, or nothing. */
export interface Verdicts {
  readonly notation: string;
  readonly ours: string;
}

/** A registry in which the notation CLI and we read each other's signatures. */
export interface Lab {
  readonly folder: string;
  readonly http: HttpClient;
  readonly revocation: () => RevocationReader;
  /** Pushes something to sign. */
  subject(): Promise<LabSubject>;
  /** Attaches an envelope to a subject. */
  attach(
    subject: LabSubject,
    envelope: { readonly bytes: Uint8Array; readonly mediaType: string },
  ): Promise<void>;
  /** Has the notation CLI sign a subject. */
  sign(subject: LabSubject, chain: TestChain, args: readonly string[]): Promise<void>;
  /** Verifies the signatures of a subject on both sides at level strict. */
  verify(subject: LabSubject, trust: LabTrust): Promise<Verdicts>;
  close(): Promise<void>;
}

const CLOCK = { now: () => new Date() };
const SIGNAL = new AbortController().signal;
const LOOPBACK = ['--insecure-registry'];

/** Starts a lab. */
export async function startLab(): Promise<Lab> {
  const folder = await mkdtemp(join(tmpdir(), 'notary-lab-'));
  const registry = await startRegistry();
  const transport = createTransport('lab/1.0');
  const timing = systemTiming;
  const http = createHttpClient({ transport, timing, log: silentLog });
  const client = aClient();
  const host = new URL(registry.url).host;
  let subjects = 0;
  const revocation = (): RevocationReader => createRevocationReader(http, CLOCK);
  return {
    folder,
    http,
    revocation,
    async subject() {
      subjects += 1;
      const repository = { registry: host, name: `lab/${subjects}` };
      const bytes = Buffer.from(
        JSON.stringify({
          schemaVersion: 2,
          mediaType: MediaType.ociManifest,
          config: EMPTY_CONFIG,
          layers: [],
        }),
      );
      const manifest = documentOf(bytes, MediaType.ociManifest);
      const config = { descriptor: EMPTY_CONFIG, bytes: EMPTY_CONFIG_BYTES };
      await client.putBlob(repository, config, SIGNAL);
      await client.putManifest(repository, { manifest }, SIGNAL);
      const { descriptor } = manifest;
      const reference = formatReference(repository, descriptor.digest);
      return { repository, descriptor, reference };
    },
    attach: async (subject, envelope) => attach(client, subject, envelope),
    async sign({ reference }, chain, args) {
      const env = await notationHome(folder, undefined, chain);
      const all = ['sign', ...LOOPBACK, '--key', 'lab', ...args, reference];
      await outputOf('notation', all, env);
    },
    verify: async (subject, trust) => verifyTwice(subject, trust, { folder, client, revocation }),
    async close() {
      await transport.close();
      await registry.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function attach(
  client: RegistryClient,
  { repository, descriptor: subject }: LabSubject,
  { bytes, mediaType }: { readonly bytes: Uint8Array; readonly mediaType: string },
): Promise<void> {
  const descriptor = { mediaType, digest: digestOf(bytes), size: bytes.byteLength };
  const manifest = buildSignatureManifest({
    ...{ subject, envelope: descriptor, signingTime: new Date() },
    thumbprints: ['ab'.repeat(32)],
  });
  await client.putBlob(repository, { descriptor, bytes }, SIGNAL);
  await client.putManifest(repository, { manifest }, SIGNAL);
}

interface Tools {
  readonly folder: string;
  readonly client: RegistryClient;
  readonly revocation: () => RevocationReader;
}

async function verifyTwice(
  { repository, descriptor, reference }: LabSubject,
  trust: LabTrust,
  { folder, client, revocation }: Tools,
): Promise<Verdicts> {
  const env = await notationHome(folder, trust, undefined);
  const { exitCode, stderr } = await runCommand(
    'notation',
    ['verify', ...LOOPBACK, '--debug', reference],
    env,
  );
  const found = await createSignatureReader(client, { warn: () => undefined }).find(
    repository,
    descriptor,
    SIGNAL,
  );
  const known = trusted(trust);
  const evidence = await createEvidenceReader(revocation(), CLOCK).gather(
    found.map((signature) => ({ ...signature, trust: known })),
    SIGNAL,
  );
  const results = found.map((signature) =>
    verifySignature({ ...signature, subject: descriptor, now: CLOCK.now() }, known, evidence),
  );
  const ours = results.some(({ ok }) => ok) ? '' : results.map(formatFailures).join(' | ');
  return {
    notation: exitCode === 0 ? '' : reasonsIn(stderr),
    ours: results.length === 0 ? 'no signature' : ours,
  };
}

/** What notation says of failures among all that it says when debugging. */
function reasonsIn(stderr: string): string {
  const lines = stderr.split('\n').filter((line) => /level=(warning|error)|^Error:/.test(line));
  return lines.join('\n');
}
