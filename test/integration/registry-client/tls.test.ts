import assert from 'node:assert/strict';
import type { TLSSocket } from 'node:tls';
import { Secret } from '../../../shared/core/secret.ts';
import type { RegistryClient } from '../../../shared/registry/registry-client.ts';
import type { TlsSettings } from '../../../shared/registry/transport.ts';
import { makeTlsChain } from '../../support/certificates.ts';
import { startServer } from '../../support/http-server.ts';
import type { TestServer } from '../../support/http-server.ts';
import { startRegistry } from '../../support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../support/registry/registry.ts';
import { aBlob, aClient, anImage, pushImage, repositoryOf } from './support.ts';

const { signal } = new AbortController();

describe('RegistryClient TLS', () => {
  const server = makeTlsChain(['127.0.0.1', 'storage.test']);
  const tls = { key: server.leafKeyPem, cert: server.chainPem };
  const image = anImage('tls', ['layer']);
  let registry: EmbeddedRegistry;
  let client: RegistryClient | undefined;
  const servers: TestServer[] = [];

  const connect = (settings: TlsSettings, host = registry.host): RegistryClient => {
    client = aClient({ tlsHosts: [host], network: { tls: settings } });
    return client;
  };

  beforeEach(async () => {
    registry = await startRegistry({ tls });
  });
  afterEach(async () => {
    await client?.close();
    await registry.close();
    for (const each of servers.splice(0)) await each.close();
  });

  it('X15 R8 speaks TLS with a registry on this machine that the user wrote with https://, by its own authority', async () => {
    const app = repositoryOf(registry, 'app');
    const { digest } = image.manifest.descriptor;
    await pushImage(connect({ authorities: [server.rootPem] }), app, image);
    assert.equal((await client?.getManifest(app, digest, signal))?.descriptor.digest, digest);
  });

  it('X15 refuses a certificate of an authority that nobody trusts, and says so', async () => {
    await assert.rejects(connect({}).getManifest(repositoryOf(registry, 'app'), 'latest', signal), {
      code: 'REGISTRY_UNAVAILABLE',
      message: /SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY/,
      hint: 'Let the agent trust the authority of that certificate: configure it with --sslcacert, or set NODE_EXTRA_CA_CERTS.',
    });
    assert.equal(registry.requests.length, 0);
  });

  it('X15 says that a registry does not speak TLS', async () => {
    const plain = await startServer((_, response) => response.end());
    servers.push(plain);
    const place = { registry: plain.host, name: 'app' };
    await assert.rejects(connect({}, plain.host).getManifest(place, 'latest', signal), {
      code: 'REGISTRY_UNAVAILABLE',
      hint: 'Check the port: what listens there does not speak TLS. A registry in plain HTTP needs http:// before its name.',
    });
  });

  it('X15 refuses a certificate of another host', async () => {
    const other = makeTlsChain(['other.test']);
    const stranger = await startServer((_, response) => response.end(), {
      key: other.leafKeyPem,
      cert: other.chainPem,
    });
    servers.push(stranger);
    await assert.rejects(
      connect({ authorities: [other.rootPem] }, stranger.host).getManifest(
        { registry: stranger.host, name: 'app' },
        'latest',
        signal,
      ),
      { code: 'REGISTRY_UNAVAILABLE', message: /ERR_TLS_CERT_ALTNAME_INVALID/ },
    );
  });

  it('X15 accepts any certificate only when the agent is configured so', async () => {
    const any = connect({ acceptsAnyCertificate: true });
    assert.equal(await any.getManifest(repositoryOf(registry, 'app'), 'no', signal), undefined);
  });

  it('X15 S1 shows the client certificate of the agent to the registry, and not to where it sends us', async () => {
    const person = makeTlsChain();
    const blob = aBlob('content');
    const shown: boolean[] = [];
    const mutual = { ...tls, requestCert: true, rejectUnauthorized: false, ca: person.rootPem };
    const start = async (answer: Parameters<typeof startServer>[0]): Promise<TestServer> => {
      const started = await startServer((request, response) => {
        const peer = (response.socket as TLSSocket).getPeerCertificate();
        shown.push(Object.keys(peer).length > 0);
        answer(request, response);
      }, mutual);
      servers.push(started);
      return started;
    };
    const storage = await start((_, response) => response.end(blob.bytes));
    const home = await start((_, response) => {
      response.writeHead(307, { location: `https://${storage.host}/blob` }).end();
    });
    const clientCertificate = { certificate: person.chainPem, key: person.leafKeyPem };
    const withCertificate = connect(
      { authorities: [server.rootPem], clientCertificate },
      home.host,
    );
    await withCertificate.getBlob({ registry: home.host, name: 'app' }, blob.descriptor, signal);
    assert.deepEqual(shown, [true, false]);
  });

  it('X15 opens the key of the client certificate with its password', async () => {
    const person = makeTlsChain();
    const key = person.leafKey
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'sesame' })
      .toString();
    const clientCertificate = {
      ...{ certificate: person.chainPem, key },
      passphrase: new Secret('sesame'),
    };
    const opened = connect({ authorities: [server.rootPem], clientCertificate });
    assert.equal(await opened.getManifest(repositoryOf(registry, 'app'), 'no', signal), undefined);
  });
});
