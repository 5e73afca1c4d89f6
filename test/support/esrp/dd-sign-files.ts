import { createPrivateKey, sign } from 'node:crypto';
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { definite } from '../../../shared/core/errors.ts';
import { draftEnvelope } from '../../../shared/notary/envelope.ts';
import { algorithmOfKey, signatureParameters } from '../../../shared/notary/key-spec.ts';
import type { EsrpKit } from './esrp-kit.ts';

/** Runs as `dotnet --roll-forward major DDSignFiles.dll -- /filelist:… /signType:…`: signs files in place. */
interface SignList {
  readonly SignFileRecordList: readonly {
    readonly Certs: string;
    readonly SignFileList: readonly { readonly SrcPath: string; readonly DstPath: string }[];
  }[];
}

const kit = JSON.parse(process.env['PROGRAM_KIT'] ?? '') as EsrpKit;
const key = createPrivateKey(kit.keyPem);
const algorithm = definite(algorithmOfKey(key), 'the algorithm');
const [, , ...args] = process.argv;
const option = (name: string): string =>
  args.find((arg) => arg.startsWith(`/${name}:`))?.slice(name.length + 2) ?? '';

function envelopeOf(payload: Uint8Array): Uint8Array {
  const signingTime = new Date(Math.floor(Date.now() / 1000) * 1000);
  const draft = draftEnvelope('cose', {
    payload,
    algorithm,
    attributes: { scheme: 'notary.x509', signingTime, extended: [] },
  });
  const parameters = { key, ...signatureParameters(algorithm) };
  const signature = sign(algorithm.hash, draft.signingInput, parameters);
  return draft.assemble({ signature, chain: kit.chain.map((der) => Buffer.from(der, 'base64')) });
}

function main(): void {
  const { SignFileRecordList: records } = JSON.parse(
    readFileSync(option('filelist'), 'utf8'),
  ) as SignList;
  const files = records.flatMap(({ SignFileList: list }) => list);
  const command = args
    .slice(0, 4)
    .join(' ')
    .replace(/\S*[/\\]/, '');
  const certs = records.map((record) => record.Certs).join();
  appendFileSync(kit.log, `${command} ${option('signType')} ${certs} ${files.length}\n`);
  if (process.env['VSENGESRPSSL'] === undefined) process.exit(4);
  if (kit.misbehave === 'fails') {
    console.error('ESRP said: key code not allowed');
    process.exit(2);
  }
  const envelopes = files.map(({ SrcPath: path }) => envelopeOf(readFileSync(path)));
  if (kit.misbehave === 'swaps') envelopes.reverse();
  for (const [index, { DstPath: path }] of files.entries()) {
    const isUnsigned = option('signType') === 'test' || (kit.misbehave === 'skips' && index === 0);
    if (!isUnsigned) writeFileSync(path, envelopes[index] ?? '');
    if (kit.misbehave === 'loses' && index === 0) rmSync(path);
  }
}

main();
