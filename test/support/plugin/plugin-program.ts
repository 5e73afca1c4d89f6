import { createPrivateKey, sign } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { definite } from '../../../shared/core/errors.ts';
import { draftEnvelope } from '../../../shared/notary/envelope.ts';
import { algorithmOfKey, signatureParameters } from '../../../shared/notary/key-spec.ts';
import type { PluginKit, PluginRequest } from './plugin-kit.ts';

/** Runs as a plugin for notation: `notation-double <command>`, with its kit in its first lines. */
const log = join(dirname(definite(process.argv[1], 'the path of the plugin')), 'calls.log');
const kit = JSON.parse(process.env['PROGRAM_KIT'] ?? '') as PluginKit;
const command = process.argv[2] ?? '';
const key = createPrivateKey(kit.keyPem);
const algorithm = definite(algorithmOfKey(key), 'the algorithm');
const hashName = `SHA-${algorithm.hash.slice(3)}`;
const family = algorithm.family === 'pss' ? 'RSASSA-PSS' : 'ECDSA';

function refuse(errorCode: string, errorMessage: string): never {
  process.stderr.write(JSON.stringify({ errorCode, errorMessage }));
  process.exit(1);
}

function signed(data: Uint8Array): Uint8Array {
  const der = { ...signatureParameters(algorithm), dsaEncoding: 'der' } as const;
  const parameters = misbehaves('der') ? der : signatureParameters(algorithm);
  return sign(algorithm.hash, data, { key, ...parameters });
}

let request: PluginRequest = {};

function misbehaves(how: string): boolean {
  return (request.pluginConfig?.['misbehave'] ?? kit.misbehave) === how;
}

function metadata(): object {
  return {
    name: misbehaves('name') ? 'other' : kit.name,
    description: 'A plugin for tests',
    version: '1.2.3',
    url: 'https://plugin.example',
    supportedContractVersions: [misbehaves('contract') ? '2.0' : '1.0'],
    capabilities: kit.capabilities,
  };
}

function generateSignature(): object {
  const payload = Buffer.from(request.payload ?? '', 'base64');
  const data = misbehaves('other-data') ? Buffer.from('something else') : payload;
  return {
    keyId: misbehaves('key-id') ? 'another' : request.keyId,
    signature: Buffer.from(signed(data)).toString('base64'),
    signingAlgorithm: misbehaves('algorithm') ? 'RSASSA-PKCS1' : `${family}-${hashName}`,
    certificateChain: misbehaves('no-root') ? kit.chain.slice(0, 1) : kit.chain,
  };
}

function generateEnvelope(): object {
  const payload = Buffer.from(request.payload ?? '', 'base64');
  const seconds = misbehaves('no-expiry') ? undefined : request.expiryDurationInSeconds;
  const signingTime = new Date(Math.floor(Date.now() / 1000) * 1000);
  const expiry =
    seconds === undefined ? undefined : new Date(signingTime.getTime() + seconds * 1000);
  const format = request.signatureEnvelopeType === 'application/cose' ? 'cose' : 'jws';
  const draft = draftEnvelope(format, {
    payload: changed(payload),
    algorithm,
    attributes: {
      scheme: 'notary.x509',
      signingTime,
      ...(expiry === undefined ? {} : { expiry }),
      extended: [],
    },
  });
  const given = misbehaves('no-root') ? kit.chain.slice(0, 1) : kit.chain;
  const chain = given.map((der) => Buffer.from(der, 'base64'));
  const envelope = draft.assemble({ signature: signed(draft.signingInput), chain });
  return {
    signatureEnvelope: Buffer.from(envelope).toString('base64'),
    signatureEnvelopeType: misbehaves('type') ? 'text/plain' : request.signatureEnvelopeType,
    annotations: { 'com.example.plugin': 'double' },
  };
}

/** The payload that is really signed. */
function changed(payload: Buffer): Buffer {
  const json = payload.toString();
  if (misbehaves('adds')) {
    return Buffer.from(json.replace(/"size":(\d+)/, '"size":$1,"annotations":{"added":"1"}'));
  }
  if (misbehaves('swaps')) {
    return Buffer.from(json.replace(/sha256:[0-9a-f]{64}/, `sha256:${'0'.repeat(64)}`));
  }
  if (misbehaves('forgets')) return Buffer.from(json.replace(/,"annotations":\{[^}]*\}/, ''));
  return misbehaves('smuggles') ? Buffer.from(json.replace(/}$/, ',"more":1}')) : payload;
}

async function answer(): Promise<object> {
  request = JSON.parse(await text(process.stdin)) as PluginRequest;
  if (misbehaves('refuses')) refuse('ACCESS_DENIED', 'no ##vso[task.complete] for you');
  if (misbehaves('crashes')) process.exit(3);
  if (misbehaves('floods')) process.stdout.write('x'.repeat(20 * 1024 * 1024));
  if (misbehaves('hangs') && command !== 'get-plugin-metadata') {
    await new Promise((resolve) => setTimeout(resolve, 60_000));
  }
  switch (command) {
    case 'get-plugin-metadata':
      return metadata();
    case 'describe-key':
      return {
        keyId: request.keyId,
        keySpec: misbehaves('key-spec') ? 'RSA-1024' : algorithm.keySpec,
      };
    case 'generate-signature':
      return generateSignature();
    case 'generate-envelope':
      return generateEnvelope();
    default:
      return refuse('VALIDATION_ERROR', `no command ${command}`);
  }
}

/** A throttled plugin refuses its first calls: the log tells how many there were. */
function throttle(): void {
  const calls = readFileSync(log, 'utf8').split('\n').length - 1;
  if (misbehaves('throttled') && calls % 2 === 1) refuse('THROTTLED', 'slow down');
}

async function main(): Promise<void> {
  appendFileSync(log, `${command}\n`);
  if (kit.misbehave === 'deaf') {
    process.stdin.destroy();
    refuse('ERROR', 'I do not listen');
  }
  const said = await answer();
  throttle();
  process.stdout.write(misbehaves('no-json') ? 'hello' : JSON.stringify(said));
}

void main();
