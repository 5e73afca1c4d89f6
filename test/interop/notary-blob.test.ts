import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SIGNATURE_SUFFIXES } from '../../shared/notary/blob-signature.ts';
import { parseCertificates } from '../../shared/notary/pem.ts';
import type { Timestamper } from '../../shared/ports/timestamper.ts';
import { createTimestamper } from '../../shared/signing/timestamper.ts';
import { assertSucceeded } from '../integration/tasks/support/expect.ts';
import { SIGNER, taskLabs } from '../integration/tasks/support/labs.ts';
import { makeChain, makeStampingChain } from '../support/certificates.ts';
import type { TestChain } from '../support/certificates.ts';
import { sequence, unsigned } from '../support/der.ts';
import { collect } from '../support/signatures.ts';
import { signerOf } from '../support/signing.ts';
import type { BinaryServer } from './support/binary-server.ts';
import { outputOf } from './support/commands.ts';
import { verifyFile } from './support/file-verdicts.ts';
import { startLab } from './support/notary-lab.ts';
import type { Lab } from './support/notary-lab.ts';
import { startAuthority } from './support/openssl-services.ts';

const KEY_TYPES = ['RSA-2048', 'RSA-3072', 'RSA-4096', 'EC-256', 'EC-384', 'EC-521'] as const;
const FORMATS = ['cose', 'jws'] as const;
const BLOB = { bytes: Buffer.from('{"repos":[]}\n'), mediaType: 'application/json' };
const SIGNAL = new AbortController().signal;

type Format = (typeof FORMATS)[number];

describe('signatures beside files', () => {
  const stamping = makeStampingChain({ keyType: 'RSA-2048' });
  const labs = taskLabs();
  let lab: Lab;
  let authority: BinaryServer;
  let timestamper: Timestamper;

  before(async () => {
    lab = await startLab();
    authority = await startAuthority(lab.folder, stamping);
    const roots = parseCertificates(Buffer.from(stamping.rootPem), 'root');
    assert.ok(roots.ok);
    timestamper = createTimestamper({
      ...{ http: lab.http, urls: [new URL(authority.url)], roots: roots.value },
      revocation: lab.revocation(),
    });
  });
  after(async () => {
    await authority.close();
    await lab.close();
    await labs.dispose();
  });

  async function sign(
    chain: TestChain,
    format: Format,
    { blob = BLOB, stamped = false } = {},
  ): Promise<Uint8Array> {
    const options = {
      ...{ format, signingTime: new Date(), userMetadata: {} },
      ...(stamped ? { timestamper } : {}),
    };
    const [result] = await collect(signerOf(chain).sign([{ kind: 'blob', blob }], options, SIGNAL));
    assert.ok(result?.kind === 'signed', JSON.stringify(result));
    return result.envelope.bytes;
  }

  for (const keyType of KEY_TYPES) {
    const chain = makeChain({ keyType, intermediates: 1 });
    for (const format of FORMATS) {
      for (const stamped of [false, true]) {
        const name = `${keyType} ${format}${stamped ? ' with timestamp' : ''}`;
        it(`satisfy the verifier of notation and us: ${name}`, async () => {
          const envelope = await sign(chain, format, { stamped });
          const trust = {
            rootPem: chain.rootPem,
            ...(stamped ? { stampRootPem: stamping.rootPem } : {}),
          };
          const verdicts = await verifyFile(lab, { blob: BLOB, envelope, format }, trust);
          assert.deepEqual(verdicts, { notation: '', ours: '' });
        });
      }
    }
  }

  const chain = makeChain();
  const refused = [
    {
      name: 'beside a file that was changed',
      blob: { ...BLOB, bytes: Buffer.from('{"repos":[ ]}\n') },
      ours: /^subject: /,
    },
    {
      name: 'that calls its content something else',
      signed: { ...BLOB, mediaType: 'text/plain' },
      ours: /^subject: /,
    },
    { name: 'by a stranger', by: makeChain(), ours: /^authenticity: / },
  ];
  for (const { name, blob = BLOB, signed = BLOB, by = chain, ours } of refused) {
    for (const format of FORMATS) {
      it(`are refused by both: one ${name} (${format})`, async () => {
        const envelope = await sign(by, format, { blob: signed });
        const trust = { rootPem: chain.rootPem };
        const verdicts = await verifyFile(lab, { blob, envelope, format }, trust);
        assert.notEqual(verdicts.notation, '');
        assert.match(verdicts.ours, ours);
      });
    }
  }

  for (const format of FORMATS) {
    it(`are what the task hands over with image-info (${format})`, async () => {
      const release = await labs.open('created');
      assertSucceeded(await release.sign({ inputs: { signatureFormat: format } }));
      const path = join(release.agent.temp, 'image-info-signed', 'image-info.json');
      const bytes = await readFile(path);
      const envelope = await readFile(`${path}${SIGNATURE_SUFFIXES[format]}`);
      const blob = { bytes, mediaType: 'application/json' };
      const trust = { rootPem: SIGNER.rootPem };
      const verdicts = await verifyFile(lab, { blob, envelope, format }, trust);
      assert.deepEqual(verdicts, { notation: '', ours: '' });
    });
  }

  it('hold for openssl what the specification says, whatever we think of it', async () => {
    const envelope = JSON.parse(Buffer.from(await sign(chain, 'jws')).toString()) as Jws;
    const place = join(lab.folder, 'openssl-');
    await writeFile(`${place}data`, `${envelope.protected}.${envelope.payload}`);
    await writeFile(`${place}leaf.der`, Buffer.from(envelope.header.x5c[0] ?? '', 'base64'));
    await writeFile(`${place}sig`, derOf(Buffer.from(envelope.signature, 'base64url')));
    const file = (name: string): string => `${place}${name}`;
    const leaf = ['x509', '-inform', 'DER', '-in', file('leaf.der'), '-pubkey', '-noout'];
    await writeFile(file('key.pem'), await outputOf('openssl', leaf));
    const verified = await outputOf('openssl', [
      ...['dgst', '-sha256', '-verify', file('key.pem'), '-signature', file('sig'), file('data')],
    ]);
    assert.match(verified, /Verified OK/);
    await writeFile(file('blob'), BLOB.bytes);
    const digest = (await outputOf('sha256sum', [file('blob')])).slice(0, 64);
    assert.equal(
      Buffer.from(envelope.payload, 'base64url').toString(),
      `{"targetArtifact":{"digest":"sha256:${digest}","mediaType":"application/json","size":${BLOB.bytes.byteLength}}}`,
    );
  });
});

interface Jws {
  readonly payload: string;
  readonly protected: string;
  readonly header: { readonly x5c: readonly string[] };
  readonly signature: string;
}

/** An ECDSA signature as openssl takes it. */
function derOf(signature: Uint8Array): Uint8Array {
  const half = signature.byteLength / 2;
  const numbers = [signature.subarray(0, half), signature.subarray(half)];
  return sequence(...numbers.map((one) => unsigned(one.subarray(one.findIndex((it) => it > 0)))));
}
