import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnvelopeFormat } from '../../shared/notary/payload.ts';
import { parseCertificates } from '../../shared/notary/pem.ts';
import type { Timestamper } from '../../shared/ports/timestamper.ts';
import { createTimestamper } from '../../shared/signing/timestamper.ts';
import { makeChain, makeStampingChain } from '../support/certificates.ts';
import type { ChainOptions, KeyType, TestChain } from '../support/certificates.ts';
import { SUBJECT, collect, makeEnvelope } from '../support/signatures.ts';
import type { EnvelopeChanges } from '../support/signatures.ts';
import { signerOf } from '../support/signing.ts';
import type { BinaryServer } from './support/binary-server.ts';
import type { LabTrust } from './support/notation-home.ts';
import { startLab } from './support/notary-lab.ts';
import type { Lab, LabSubject } from './support/notary-lab.ts';
import { startAuthority, startRevocation } from './support/openssl-services.ts';
import type { RevocationService } from './support/openssl-services.ts';

const KEY_TYPES: readonly KeyType[] = [
  'RSA-2048',
  'RSA-3072',
  'RSA-4096',
  'EC-256',
  'EC-384',
  'EC-521',
];
const FORMATS: readonly EnvelopeFormat[] = ['cose', 'jws'];
const SIGNAL = new AbortController().signal;

describe('signatures between the product and the notation CLI', () => {
  const stamping = makeStampingChain({ keyType: 'RSA-2048', intermediates: 1 });
  let lab: Lab;
  let authority: BinaryServer;
  let revocation: RevocationService;
  let timestamper: Timestamper;

  before(async () => {
    lab = await startLab();
    authority = await startAuthority(lab.folder, stamping);
    revocation = await startRevocation(lab.folder);
    const roots = parseCertificates(Buffer.from(stamping.rootPem), 'root');
    assert.ok(roots.ok);
    const urls = [new URL(authority.url)];
    const reader = lab.revocation();
    timestamper = createTimestamper({
      http: lab.http,
      urls,
      roots: roots.value,
      revocation: reader,
    });
  });

  after(async () => {
    await revocation.close();
    await authority.close();
    await lab.close();
  });

  /** Signs a subject with the product's own signer and attaches the signature. */
  async function signOurselves(
    chain: TestChain,
    format: EnvelopeFormat,
    stamped: boolean,
  ): Promise<LabSubject> {
    const subject = await lab.subject();
    const options = {
      ...{ format, signingTime: new Date(), userMetadata: { build: '<42>' } },
      ...(stamped ? { timestamper } : {}),
    };
    const job = { kind: 'manifest', subject: subject.descriptor } as const;
    const [result] = await collect(signerOf(chain).sign([job], options, SIGNAL));
    assert.ok(result?.kind === 'signed', JSON.stringify(result));
    await lab.attach(subject, result.envelope);
    return subject;
  }

  /** Attaches an envelope that a signer would not make. */
  async function attachMade(
    chain: TestChain,
    format: EnvelopeFormat,
    changes: EnvelopeChanges & { readonly tamper?: boolean } = {},
  ): Promise<LabSubject> {
    const subject = await lab.subject();
    const { bytes, mediaType } = makeEnvelope(chain, format, {
      subject: subject.descriptor,
      ...changes,
    });
    await lab.attach(subject, {
      mediaType,
      bytes: changes.tamper === true ? tampered(bytes) : bytes,
    });
    return subject;
  }

  for (const keyType of KEY_TYPES) {
    const chain = makeChain({ keyType, intermediates: 1 });
    for (const format of FORMATS) {
      for (const stamped of [false, true]) {
        const name = `${keyType} ${format}${stamped ? ' with timestamp' : ''}`;
        const trust: LabTrust = {
          rootPem: chain.rootPem,
          ...(stamped ? { stampRootPem: stamping.rootPem } : {}),
        };

        it(`ours satisfy notation verify at level strict: ${name}`, async () => {
          const subject = await signOurselves(chain, format, stamped);
          assert.deepEqual(await lab.verify(subject, trust), { notation: '', ours: '' });
        });

        it(`those of notation sign satisfy us: ${name}`, async () => {
          const subject = await lab.subject();
          const root = join(lab.folder, 'tsa-root.pem');
          await writeFile(root, stamping.rootPem);
          const args = ['--timestamp-url', authority.url, '--timestamp-root-cert', root];
          await lab.sign(subject, chain, ['--signature-format', format, ...(stamped ? args : [])]);
          assert.deepEqual(await lab.verify(subject, trust), { notation: '', ours: '' });
        });
      }
    }
  }

  const chain = makeChain();
  const trust: LabTrust = { rootPem: chain.rootPem };
  const PAST = { notBefore: new Date('2024-01-01'), notAfter: new Date('2025-01-01') };
  const expired = makeChain(PAST);
  const weak = makeChain({ signedWith: 'ecdsa-sha1' });
  const notAnybody = { trustedIdentities: ['x509.subject: C=US, ST=WA, O=Fabrikam'] };
  const hourAgo = new Date(Math.floor(Date.now() / 1000) * 1000 - 3_600_000);
  const refused: readonly {
    readonly name: string;
    readonly make: (format: EnvelopeFormat) => Promise<LabSubject>;
    readonly trust: LabTrust;
    readonly ours: RegExp;
  }[] = [
    {
      name: 'a tampered payload',
      make: async (format) => attachMade(chain, format, { tamper: true }),
      trust,
      ours: /^integrity: signature was not made by/,
    },
    {
      name: 'the wrong subject',
      make: async (format) => attachMade(chain, format, { subject: SUBJECT }),
      trust,
      ours: /^subject: /,
    },
    {
      name: 'an expired signature',
      make: async (format) =>
        attachMade(chain, format, {
          attributes: { signingTime: hourAgo, expiry: new Date(hourAgo.getTime() + 60_000) },
        }),
      trust,
      ours: /^expiry: /,
    },
    {
      name: 'an expired certificate',
      make: async (format) => attachMade(expired, format),
      trust: { rootPem: expired.rootPem },
      ours: /^authenticTimestamp: .* expired/,
    },
    {
      name: 'an untrusted certificate',
      make: async (format) => attachMade(chain, format),
      trust: { rootPem: makeChain().rootPem },
      ours: /^authenticity: /,
    },
    {
      name: 'the wrong identity',
      make: async (format) => attachMade(chain, format),
      trust: { ...trust, statement: notAnybody },
      ours: /^authenticity: .*trusted identities/,
    },
    {
      name: 'a chain signed with SHA-1',
      make: async (format) => attachMade(weak, format),
      trust: { rootPem: weak.rootPem },
      ours: /^integrity: .*algorithm that is not accepted/,
    },
    {
      name: 'a missing timestamp',
      make: async (format) => attachMade(chain, format),
      trust: { ...trust, stampRootPem: stamping.rootPem },
      ours: /^authenticTimestamp: timestamp is not there/,
    },
    {
      name: 'a timestamp by somebody who is not trusted',
      make: async (format) => signOurselves(chain, format, true),
      trust: { ...trust, stampRootPem: makeStampingChain().rootPem },
      ours: /^authenticTimestamp: .*does not lead to a trusted root/,
    },
  ];
  for (const { name, make, trust: rowTrust, ours } of refused) {
    for (const format of FORMATS) {
      it(`both refuse ${name} (${format})`, async () => {
        const verdicts = await lab.verify(await make(format), rowTrust);
        assert.match(verdicts.notation, /signature verification failed/);
        assert.match(verdicts.ours, ours);
      });
    }
  }

  const anything = makeChain({ leaf: { extendedKeyUsage: ['2.5.29.37.0'] } });
  const unknown = [{ name: 'com.example.unknown', critical: true, value: 'x' }];
  const stricter: readonly (typeof refused)[number][] = [
    {
      name: 'a critical attribute that nobody knows',
      make: async (format) => attachMade(chain, format, { attributes: { extended: unknown } }),
      trust,
      ours: /^integrity: .*is critical and not known here/,
    },
    {
      name: 'a leaf for any purpose',
      make: async (format) => attachMade(anything, format),
      trust: { rootPem: anything.rootPem },
      ours: /^integrity: .*is for any purpose/,
    },
  ];
  for (const { name, make, trust: rowTrust, ours } of stricter) {
    for (const format of FORMATS) {
      it(`we alone refuse ${name} (${format})`, async () => {
        const verdicts = await lab.verify(await make(format), rowTrust);
        assert.equal(verdicts.notation, '');
        assert.match(verdicts.ours, ours);
      });
    }
  }

  const sources: readonly { readonly name: string; readonly leaf: (url: string) => object }[] = [
    { name: 'a responder', leaf: (url) => ({ ocspUrl: `${url}/ocsp` }) },
    { name: 'a list', leaf: (url) => ({ crlUrl: `${url}/list.crl` }) },
  ];
  for (const { name, leaf } of sources) {
    for (const state of ['good', 'revoked'] as const) {
      it(`both learn from ${name} that a certificate is ${state}`, async () => {
        const options: ChainOptions = { leaf: leaf(revocation.url) };
        const revocable = makeChain(options);
        await revocation.serve(revocable, state);
        const subject = await signOurselves(revocable, 'cose', false);
        const verdicts = await lab.verify(subject, { rootPem: revocable.rootPem });
        if (state === 'good') assert.deepEqual(verdicts, { notation: '', ours: '' });
        else {
          assert.match(verdicts.notation, /is revoked/);
          assert.match(verdicts.ours, /^revocation: .* was revoked at/);
        }
      });
    }
  }
});

/** An envelope whose payload names another digest. */
function tampered(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  if (!text.startsWith('{')) return Buffer.from(otherDigest(text), 'latin1');
  const envelope = JSON.parse(text) as { readonly payload: string };
  const payload = otherDigest(Buffer.from(envelope.payload, 'base64url').toString('latin1'));
  return Buffer.from(
    JSON.stringify({ ...envelope, payload: Buffer.from(payload, 'latin1').toString('base64url') }),
  );
}

function otherDigest(text: string): string {
  return text.replace(/sha256:[0-9a-f]{2}/, 'sha256:00');
}
