import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { parseEnvelope } from '../../../shared/notary/envelope.ts';
import type { Envelope } from '../../../shared/notary/envelope.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import type { StepResult } from '../../support/agent/step-finish.ts';
import { makeChain, makeStampingChain } from '../../support/certificates.ts';
import { startProxy } from '../../support/proxy.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { makeAnswer } from '../../support/revocation.ts';
import { answerRequest } from '../../support/timestamps.ts';
import { assertRefused, assertSucceeded, writesTo } from './support/expect.ts';
import { readJson, taskLabs } from './support/labs.ts';
import { writeFiles, writeSigner, writeTrust } from './support/stages.ts';

const AUTHORITY = makeStampingChain();
const REVOCABLE = makeChain({ leaf: { ocspUrl: 'http://tsa.test/ocsp' } });
const DAY_MS = 24 * 3_600_000;

/** What of the report is looked at here. */
interface Report {
  readonly imageInfo: { readonly timestamp?: string };
  readonly signatures: readonly { readonly outcome: string; readonly timestamp?: string }[];
}

/** Every envelope in a registry. */
function envelopesIn({ store }: Pick<EmbeddedRegistry, 'store'>): readonly Envelope[] {
  return store.names().flatMap((name) => {
    const { blobs } = store.open(name);
    return [...blobs.values()].flatMap((bytes) => {
      const envelope = parseEnvelope(bytes, MediaType.cose);
      return envelope.ok ? [envelope.value] : [];
    });
  });
}

describe('SignImageInfo', () => {
  const labs = taskLabs();
  let stamps = 0;
  let questions = 0;
  // At /down nobody stamps, at /slow with a clock that is half an hour behind.
  const server = createServer((request, response) => {
    const answer = async (): Promise<void> => {
      const body = await buffer(request);
      const path = new URL(request.url ?? '', 'http://tsa.test').pathname;
      if (path.startsWith('/ocsp')) {
        questions += 1;
        response.end(makeAnswer(REVOCABLE));
        return;
      }
      if (path === '/down') {
        response.writeHead(500).end();
        return;
      }
      stamps += 1;
      const time = new Date(Date.now() - (path === '/slow' ? 30 * 60_000 : 0));
      response.setHeader('content-type', 'application/timestamp-reply');
      response.end(answerRequest(AUTHORITY, body, { time }));
    };
    answer().catch((error: unknown) => response.destroy(error as Error));
  });
  let origin = '';
  before(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(async () => {
    server.close();
    await labs.dispose();
  });

  it('needs no program on the agent: neither docker nor notation, nor anything else', async () => {
    const lab = await labs.open('created');
    const step = await lab.sign({ step: { env: { PATH: '' } } });
    assertSucceeded(step);
    assert.equal(step.outputs['signedCount'], '12');
  });

  it('lists in a dry run what the real run then signs', async () => {
    const lab = await labs.open('created');
    const planned = ({ lines }: StepResult): readonly string[] =>
      lines.flatMap((line) => /^sign (\S+@sha256:\w+)$/.exec(line)?.[1] ?? []);
    const dry = await lab.sign({ inputs: { dryRun: 'true' } });
    assertSucceeded(dry);
    assert.deepEqual(writesTo(lab.source), []);
    const real = await lab.sign();
    assertSucceeded(real);
    assert.deepEqual(planned(dry), planned(real));
    const signed = real.lines.flatMap((line) => / of 12: signed (\S+)$/.exec(line)?.[1] ?? []);
    assert.equal(signed.length, 12);
    assert.deepEqual(planned(dry).toSorted(), signed.toSorted());
  });

  it('says how far it is', async () => {
    const lab = await labs.open('created');
    const { lines } = await lab.sign();
    const counts = lines.flatMap((line) => /(\d+) of 12: signed /.exec(line)?.[1] ?? []);
    assert.deepEqual(
      counts.map(Number),
      Array.from({ length: 12 }, (_, index) => index + 1),
    );
  });

  it('binds expiry and user metadata into every signature', async () => {
    const lab = await labs.open('created');
    const inputs = { expiry: '90d', userMetadata: 'build=42\nbranch=release/1' };
    assertSucceeded(await lab.sign({ inputs }));
    const envelopes = envelopesIn(lab.source);
    assert.equal(envelopes.length, 12);
    for (const { attributes, subject } of envelopes) {
      const { expiry, signingTime } = attributes;
      assert.equal((expiry?.getTime() ?? 0) - signingTime.getTime(), 90 * DAY_MS);
      assert.deepEqual({ ...subject.annotations }, { branch: 'release/1', build: '42' });
    }
  });

  it('asks the next authority when one is down, and has everything stamped', async () => {
    const lab = await labs.open('created');
    await writeFiles(lab.agent.sources, { 'tsa.pem': AUTHORITY.rootPem });
    stamps = 0;
    const step = await lab.sign({
      inputs: {
        timestampUrl: `${origin}/down\n${origin}/`,
        timestampRootCertificate: 'tsa.pem',
      },
    });
    assertSucceeded(step);
    const report = (await readJson(step.outputs['reportPath'] ?? '')) as Report;
    const times = [report.imageInfo, ...report.signatures].map(({ timestamp = '' }) => timestamp);
    assert.equal(times.filter((time) => /^\d{4}-.*Z$/.test(time)).length, 13);
    assert.equal(stamps, 13);
    for (const { timestamp } of envelopesIn(lab.source)) assert.notEqual(timestamp, undefined);
  });

  it('reaches authorities and responders through the proxy of the agent, a responder once', async () => {
    const { port } = server.address() as AddressInfo;
    const proxy = await startProxy({ routes: new Map([['tsa.test:80', port]]) });
    const lab = await labs.open('created', {
      agent: { variables: { 'Agent.ProxyUrl': proxy.url } },
    });
    await writeFiles(lab.agent.sources, { 'tsa.pem': AUTHORITY.rootPem });
    await writeSigner(lab.agent, REVOCABLE);
    [stamps, questions] = [0, 0];
    const step = await lab.sign({
      inputs: {
        ...(await writeTrust(lab.agent, REVOCABLE)),
        timestampUrl: 'http://tsa.test/',
        timestampRootCertificate: 'tsa.pem',
      },
    });
    await proxy.close();
    assertSucceeded(step);
    assert.deepEqual([stamps, questions], [13, 1]);
    assert.ok(proxy.requests.every(({ target }) => target.includes('tsa.test')));
  });

  it('warns when its clock is ahead of that of the authority', async () => {
    const lab = await labs.open('created');
    await writeFiles(lab.agent.sources, { 'tsa.pem': AUTHORITY.rootPem });
    const inputs = { timestampUrl: `${origin}/slow`, timestampRootCertificate: 'tsa.pem' };
    const step = await lab.sign({ inputs });
    assertSucceeded(step);
    const warnings = step.issues.filter(({ type }) => type === 'warning');
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]?.message ?? '', /claim a time 1[78]\d\d s after.*set the clock/);
  });

  it('signs nothing that nobody stamps', async () => {
    const lab = await labs.open('created');
    await writeFiles(lab.agent.sources, { 'tsa.pem': AUTHORITY.rootPem });
    const step = await lab.sign({
      inputs: { timestampUrl: `${origin}/down`, timestampRootCertificate: 'tsa.pem' },
    });
    assertRefused(step, {
      code: 'SIGNING_FAILED',
      says: ['12 digests of 12 and image-info.json', 'TIMESTAMP_FAILED', '/down', 'status 500'],
    });
    assert.deepEqual(writesTo(lab.source), []);
  });
});
