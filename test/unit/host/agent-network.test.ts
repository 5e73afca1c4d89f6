import assert from 'node:assert/strict';
import { readNetwork } from '../../../shared/host/agent-network.ts';
import type { NetworkOptions } from '../../../shared/registry/transport.ts';
import { makeChain, makeTlsChain } from '../../support/certificates.ts';

interface Read extends NetworkOptions {
  readonly warnings: readonly string[];
  readonly hidden: readonly string[];
}

function read(
  variables: Readonly<Record<string, string>>,
  files: Readonly<Record<string, string>> = {},
  environment: Readonly<Record<string, string>> = {},
): Read {
  const warnings: string[] = [];
  const hidden: string[] = [];
  const network = readNetwork({
    variable: (name) => variables[name],
    environment,
    readFile: (path) => {
      const text = files[path];
      assert.ok(text !== undefined, `ENOENT: no such file ${path}`);
      return text;
    },
    warn: (message) => warnings.push(message),
    maskSecret: (value) => hidden.push(value),
  });
  return { ...network, warnings, hidden };
}

describe('agent-network readNetwork', () => {
  const chain = makeTlsChain();
  const target = new URL('https://r.io/');

  it('X14 reads the proxy of the agent by its parts', () => {
    const { proxyFor, hidden, warnings } = read({
      'Agent.ProxyUrl': 'http://proxy:8080',
      'Agent.ProxyUsername': 'user',
      'Agent.ProxyPassword': 'p@ss',
      'Agent.ProxyBypassList': '["internal\\\\.io","x"]',
    });
    const proxy = proxyFor?.(target);
    assert.equal(proxy?.url.host, 'proxy:8080');
    assert.equal(proxy.authorization?.reveal(), `Basic ${btoa('user:p@ss')}`);
    assert.equal(proxyFor?.(new URL('https://internal.io/')), undefined);
    assert.deepEqual(hidden, ['p@ss', btoa('user:p@ss')]);
    assert.deepEqual(warnings, []);
  });

  const bypasses = [
    { name: 'one expression', text: 'r\\.io', isBypassed: true },
    { name: 'an object', text: '{"a":1}', isBypassed: false },
    { name: 'nothing', text: '', isBypassed: false },
    { name: 'numbers', text: '[1]', isBypassed: false },
  ];
  for (const { name, text, isBypassed } of bypasses) {
    it(`X14 takes ${name} as the list of what needs no proxy`, () => {
      const { proxyFor } = read({ 'Agent.ProxyUrl': 'http://p:1', 'Agent.ProxyBypassList': text });
      assert.equal(proxyFor?.(target) === undefined, isBypassed);
    });
  }

  it('X14 falls back to the environment', () => {
    const { proxyFor } = read({}, {}, { HTTPS_PROXY: 'http://env:1' });
    assert.equal(proxyFor?.(target)?.url.host, 'env:1');
  });

  it('X15 reads the authorities of the agent and of Node, and the client certificate', () => {
    const { tls, warnings } = read(
      {
        'Agent.CAInfo': '/ca.pem',
        'Agent.ClientCert': '/cert.pem',
        'Agent.ClientCertKey': '/key.pem',
      },
      {
        '/ca.pem': chain.rootPem,
        '/extra.pem': chain.rootPem,
        '/cert.pem': chain.chainPem,
        '/key.pem': chain.leafKeyPem,
      },
      { NODE_EXTRA_CA_CERTS: '/extra.pem' },
    );
    assert.deepEqual(tls?.authorities?.slice(0, 2), [chain.rootPem, chain.rootPem]);
    assert.equal(tls.clientCertificate?.certificate, chain.chainPem);
    assert.equal(tls.acceptsAnyCertificate, false);
    assert.deepEqual(warnings, []);
  });

  it('X15 opens a client key with the password of the agent', () => {
    const files = {
      '/cert.pem': chain.chainPem,
      '/key.pem': chain.leafKey
        .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'sesame' })
        .toString(),
    };
    const names = { 'Agent.ClientCert': '/cert.pem', 'Agent.ClientCertKey': '/key.pem' };
    const opened = read({ ...names, 'Agent.ClientCertPassword': 'sesame' }, files);
    assert.equal(opened.tls?.clientCertificate?.passphrase?.reveal(), 'sesame');
    const wrong = read({ ...names, 'Agent.ClientCertPassword': 'no' }, files);
    assert.equal(wrong.tls?.clientCertificate, undefined);
    assert.equal(wrong.warnings.length, 1);
  });

  const trusted = [
    {
      name: 'a server that has signed its certificate itself',
      pem: makeChain({ leaf: { selfSigned: true, hosts: ['127.0.0.1'] } }).chainPem,
    },
    { name: 'a server, with its authority after it', pem: chain.chainPem },
    { name: 'an authority, below a remark', pem: `# Contoso\n${chain.rootPem}` },
  ];
  for (const { name, pem } of trusted) {
    it(`X15 trusts the certificate of ${name}, as Node does`, () => {
      const { tls, warnings } = read({ 'Agent.CAInfo': '/ca.pem' }, { '/ca.pem': pem });
      assert.deepEqual(tls?.authorities, [pem]);
      assert.deepEqual(warnings, []);
    });
  }

  const unusable = [
    { name: 'is not there', files: {} },
    { name: 'is no certificate', files: { '/ca.pem': 'text' } },
  ];
  for (const { name, files } of unusable) {
    it(`X15 warns about an authority that ${name}, and goes on`, () => {
      const { tls, warnings } = read({ 'Agent.CAInfo': '/ca.pem' }, files);
      assert.deepEqual(tls?.authorities, []);
      assert.equal(warnings.length, 1);
      assert.match(
        warnings[0] ?? '',
        /Cannot use the certificate authority \/ca\.pem of the agent/,
      );
    });
  }

  it('X15 accepts any certificate only with a warning', () => {
    const { tls, warnings } = read({ 'Agent.SkipCertValidation': 'True' });
    assert.equal(tls?.acceptsAnyCertificate, true);
    assert.match(warnings.join(''), /Agent\.SkipCertValidation/);
  });
});
