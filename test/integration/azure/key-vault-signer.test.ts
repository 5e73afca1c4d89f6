import assert from 'node:assert/strict';
import { createKeyVault } from '../../../shared/azure/key-vault.ts';
import type { ErrorCode } from '../../../shared/core/errors.ts';
import { definite } from '../../../shared/core/errors.ts';
import { parseKeyVaultId } from '../../../shared/core/key-vault-id.ts';
import { verifyAgainstChain } from '../../../shared/notary/verify.ts';
import { digestOf } from '../../../shared/oci/digest.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';
import type { SignedEnvelope, Signer, SigningJob } from '../../../shared/ports/signer.ts';
import { createKeyVaultSigner } from '../../../shared/signing/key-vault-signer.ts';
import { refusal } from '../../support/azure/call.ts';
import { startCloud } from '../../support/azure/cloud.ts';
import type { TestCloud } from '../../support/azure/cloud.ts';
import { APPLICATIONS, MEMBERS } from '../../support/azure/connections.ts';
import { aConnection, openCloudNetwork } from '../../support/azure/network.ts';
import type { CloudNetwork } from '../../support/azure/network.ts';
import { PUBLIC_VAULT, makeVault } from '../../support/azure/vault.ts';
import type { TestVault } from '../../support/azure/vault.ts';
import { makeChain } from '../../support/certificates.ts';
import type { TestChain } from '../../support/certificates.ts';
import { startServer } from '../../support/http-server.ts';
import type { TestServer } from '../../support/http-server.ts';
import { NOW } from '../../support/signing.ts';
import { fakeTiming } from '../registry-client/support.ts';
import type { FakeTiming } from '../registry-client/support.ts';

const KEY_TYPES = ['RSA-2048', 'RSA-3072', 'RSA-4096', 'EC-256', 'EC-384', 'EC-521'] as const;
const CERTIFICATE = `https://${PUBLIC_VAULT.host}/certificates/release`;
const KEY = `https://${PUBLIC_VAULT.host}/keys/release`;
const { signal } = new AbortController();

function aJob(text: string): SigningJob {
  const bytes = Buffer.from(text);
  const subject = {
    mediaType: MediaType.ociManifest,
    digest: digestOf(bytes),
    size: bytes.byteLength,
  };
  return { kind: 'manifest', subject };
}

describe('createKeyVaultSigner with the Azure SDK', function () {
  this.timeout(30_000);
  let cloud: TestCloud;
  let network: CloudNetwork;
  let timing: FakeTiming;
  let vault: TestVault;
  let files: TestServer | undefined;

  const start = async (chain: TestChain, version = 'v1'): Promise<void> => {
    vault = makeVault(PUBLIC_VAULT, [{ name: 'release', version, chain }]);
    vault.switches.members = MEMBERS;
    cloud = await startCloud({ applications: Object.values(APPLICATIONS), services: [vault] });
    timing = fakeTiming();
    network = await openCloudNetwork(cloud, timing);
  };
  afterEach(async () => {
    await network.close();
    await cloud.close();
    await files?.close();
    files = undefined;
  });

  const signer = (text: string, chainPem?: string): Signer => {
    const id = parseKeyVaultId(text, 'keyVaultKey');
    assert.ok(id.ok);
    const { sdkHttp, http } = network;
    return createKeyVaultSigner({
      ...{ id: id.value, http, signingAgent: 'test/1.0', clock: { now: () => NOW } },
      vault: createKeyVault({ tokens: network.tokens(aConnection()), sdkHttp, timing }),
      ...(chainPem === undefined ? {} : { chainPem: Buffer.from(chainPem) }),
    });
  };
  const sign = async (
    by: Signer,
    format: 'cose' | 'jws' = 'cose',
    count = 1,
  ): Promise<readonly SignedEnvelope[]> => {
    const jobs = Array.from({ length: count }, (_, index) => aJob(`manifest ${index}`));
    const envelopes: SignedEnvelope[] = [];
    const options = { format, signingTime: NOW, userMetadata: {} };
    for await (const result of by.sign(jobs, options, signal)) {
      if (result.kind === 'failed') throw result.error;
      envelopes.push(result.envelope);
    }
    return envelopes;
  };
  const assertGood = (envelopes: readonly SignedEnvelope[], chain: TestChain): void => {
    assert.notEqual(envelopes.length, 0);
    for (const { subject, bytes, mediaType } of envelopes) {
      const signature = { envelope: bytes, mediaType, subject, now: NOW };
      assert.ok(verifyAgainstChain(signature, chain.chainDer).ok);
    }
  };

  for (const keyType of KEY_TYPES) {
    it(`signs with a key of the kind ${keyType}, as COSE and JWS`, async () => {
      const chain = makeChain({ keyType, intermediates: 1 });
      await start(chain);
      const by = signer(CERTIFICATE, chain.chainPem);
      assertGood(await sign(by, 'cose'), chain);
      assertGood(await sign(by, 'jws'), chain);
      assert.deepEqual(vault.requests, [
        'GET /certificates/release/',
        'POST /keys/release/v1/sign',
        'POST /keys/release/v1/sign',
      ]);
    });
  }

  it('signs many with the key of the first moment, while a new version comes', async () => {
    const chain = makeChain();
    await start(chain);
    const by = signer(CERTIFICATE, chain.chainPem);
    assert.deepEqual(
      (await by.chain(signal))?.map((der) => Buffer.from(der).toString('hex')),
      chain.chainDer.map((der) => Buffer.from(der).toString('hex')),
    );
    vault.entries.push({ name: 'release', version: 'v2', chain: makeChain() });
    assertGood(await sign(by, 'cose', 40), chain);
    assert.equal(vault.requests.filter((each) => each === 'POST /keys/release/v1/sign').length, 40);
    assert.equal(cloud.calls.filter((call) => call.endsWith('/oidctoken')).length, 1);
  });

  it('uses the version that is named', async () => {
    const chain = makeChain();
    await start(chain);
    vault.entries.push({ name: 'release', version: 'v2', chain: makeChain() });
    assertGood(await sign(signer(`${CERTIFICATE}/v1`, chain.chainPem)), chain);
  });

  it('signs with a key whose certificate is in a file', async () => {
    const chain = makeChain({ keyType: 'EC-384' });
    await start(chain);
    assertGood(await sign(signer(KEY, chain.chainPem)), chain);
    assert.equal(vault.requests[0], 'GET /keys/release/');
  });

  it('finds a self-signed certificate complete', async () => {
    const chain = makeChain({ leaf: { selfSigned: true } });
    await start(chain);
    assertGood(await sign(signer(CERTIFICATE)), chain);
  });

  it('fetches the issuers from where the certificate says that they are', async () => {
    let issuer = new Uint8Array();
    files = await startServer((_, response) => response.end(issuer));
    const chain = makeChain({ leaf: { issuerUrl: `http://${files.host}/issuer.cer` } });
    issuer = Uint8Array.from(definite(chain.chainDer[1], 'a root'));
    await start(chain);
    assertGood(await sign(signer(CERTIFICATE)), chain);
    assert.deepEqual(
      files.requests.map(({ url }) => url),
      ['/issuer.cer'],
    );
  });

  const chainProblems: readonly {
    readonly name: string;
    readonly id: string;
    readonly make: (url: string) => TestChain;
    readonly answer?: readonly [number, string];
    readonly chainPem?: string;
    readonly message: RegExp;
  }[] = [
    {
      name: 'a certificate that does not say where its issuer is',
      id: CERTIFICATE,
      make: () => makeChain(),
      message: /CN=Image Signer does not say where its issuer is/,
    },
    {
      name: 'an issuer that is not there',
      id: CERTIFICATE,
      make: (issuerUrl) => makeChain({ leaf: { issuerUrl } }),
      answer: [404, ''],
      message: /has no issuer at http:\/\/127\.0\.0\.1:\d+\/issuer\.cer: 404/,
    },
    {
      name: 'an issuer that is another one',
      id: CERTIFICATE,
      make: (issuerUrl) => makeChain({ leaf: { issuerUrl } }),
      answer: [200, makeChain({ subject: { CN: 'Other' } }).rootPem],
      message: /was not issued by what is at/,
    },
    {
      name: 'an issuer that is no certificate',
      id: CERTIFICATE,
      make: (issuerUrl) => makeChain({ leaf: { issuerUrl } }),
      answer: [200, 'hello'],
      message: /The issuer of .*CN=Image Signer/,
    },
    {
      name: 'a file without the certificate of the key',
      id: KEY,
      make: () => makeChain(),
      chainPem: makeChain().chainPem,
      message: /No certificate in certificateChain belongs to the key https:.*\/keys\/release/,
    },
  ];
  for (const {
    name,
    id,
    make,
    answer: [status, body] = [404, ''],
    chainPem,
    message,
  } of chainProblems) {
    it(`names ${name}`, async () => {
      files = await startServer((_, response) => response.writeHead(status).end(body));
      await start(make(`http://${files.host}/issuer.cer`));
      await assert.rejects(sign(signer(id, chainPem)), { code: 'CERTIFICATE_INVALID', message });
    });
  }

  it('waits as long as a throttled vault says', async () => {
    const chain = makeChain();
    await start(chain);
    vault.switches.throttled = 2;
    vault.switches.throttleHeaders = { 'retry-after': '1' };
    const before = Date.now();
    assertGood(await sign(signer(CERTIFICATE, chain.chainPem)), chain);
    assert.ok(Date.now() - before >= 2_000);
    assert.deepEqual(timing.waits, []);
  });

  it('waits longer and longer for a throttled vault that does not say how long', async () => {
    const chain = makeChain();
    await start(chain);
    vault.switches.throttled = 3;
    assertGood(await sign(signer(CERTIFICATE, chain.chainPem)), chain);
    assert.deepEqual(timing.waits, [1_000, 2_000, 4_000]);
  });

  const refusals: readonly {
    readonly name: string;
    readonly id?: string;
    readonly arrange?: () => void;
    readonly code: ErrorCode;
    readonly message: RegExp;
    readonly hint: RegExp;
  }[] = [
    {
      name: 'an identity without a role',
      arrange: () => (vault.switches.members = []),
      code: 'KEY_VAULT_DENIED',
      message: /^Cannot read https:.*\/certificates\/release: 403 Forbidden: Caller is not auth/,
      hint: /Key Vault Crypto User/,
    },
    {
      name: 'a vault behind a firewall',
      arrange: () =>
        (vault.switches.refuseWith = refusal(
          403,
          'Forbidden',
          'Client address is not authorized.',
        )),
      code: 'KEY_VAULT_DENIED',
      message: /Client address/,
      hint: /firewall of the vault/,
    },
    {
      name: 'a token of another tenant',
      arrange: () =>
        (vault.switches.refuseWith = refusal(401, 'Unauthorized', 'AKV10032: Invalid issuer.')),
      code: 'KEY_VAULT_DENIED',
      message: /AKV10032/,
      hint: /same tenant/,
    },
    {
      name: 'a certificate that is not there',
      id: `https://${PUBLIC_VAULT.host}/certificates/other`,
      code: 'KEY_VAULT_NOT_FOUND',
      message: /CertificateNotFound/,
      hint: /keyVaultKey/,
    },
    {
      name: 'a vault that fails',
      arrange: () => (vault.switches.refuseWith = refusal(409, 'Conflict', 'The key is disabled.')),
      code: 'KEY_VAULT_FAILED',
      message: /409 Conflict: The key is disabled\./,
      hint: /enabled/,
    },
    {
      name: 'a login that is refused',
      arrange: () => (cloud.entra.refuseWith = 'AADSTS7000215: Invalid client secret.'),
      code: 'ENTRA_TOKEN_FAILED',
      message: /AADSTS7000215/,
      hint: /client secret/,
    },
  ];
  for (const { name, id = CERTIFICATE, arrange, code, message, hint } of refusals) {
    it(`names ${name}`, async () => {
      await start(makeChain());
      arrange?.();
      await assert.rejects(signer(id, makeChain().chainPem).chain(signal), { code, message, hint });
    });
  }
});
