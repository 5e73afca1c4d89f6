import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { definite } from '../../../shared/core/errors.ts';
import type { TestChain } from '../../support/certificates.ts';
import { pemOf } from '../../support/certificates.ts';
import { certificateIn } from '../../support/revocation.ts';
import { startBinaryServer } from './binary-server.ts';
import type { BinaryServer } from './binary-server.ts';
import { outputOf } from './commands.ts';

/** Files that `openssl` reads, in a folder of their own. */
async function filesIn(folder: string, files: Readonly<Record<string, string>>): Promise<string> {
  const place = await mkdtemp(join(folder, 'openssl-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(place, name), text);
  return place;
}

const STAMPING = `
[tsa]
default_tsa = here
[here]
serial = serial
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
signer_digest = sha256
ess_cert_id_alg = sha256
ess_cert_id_chain = no
`;

/** A time stamping authority that is `openssl ts` behind a server. */
export async function startAuthority(folder: string, chain: TestChain): Promise<BinaryServer> {
  const place = await filesIn(folder, {
    'tsa.cnf': STAMPING.replace('serial = serial', `serial = ${join(folder, 'tsa-serial')}`),
    'key.pem': chain.leafKeyPem,
    'chain.pem': chain.chainPem,
    'leaf.pem': pemOf('CERTIFICATE', definite(chain.chainDer[0], 'the leaf')),
  });
  // One after the other: they count serial numbers in one file.
  let last: Promise<unknown> = Promise.resolve();
  return startBinaryServer(async ({ body }) => {
    const stamped = last.then(async () => {
      await writeFile(join(place, 'request.tsq'), body);
      const file = (name: string): string => join(place, name);
      await outputOf('openssl', [
        ...['ts', '-reply', '-config', file('tsa.cnf'), '-queryfile', file('request.tsq')],
        ...['-signer', file('leaf.pem'), '-inkey', file('key.pem'), '-chain', file('chain.pem')],
        ...['-out', file('answer.tsr')],
      ]);
      return readFile(file('answer.tsr'));
    });
    last = stamped.catch(() => undefined);
    return { type: 'application/timestamp-reply', bytes: await stamped };
  });
}

/** Where a chain that is to be revocable finds its responder and its list. */
export interface RevocationService extends BinaryServer {
  /** Says from now on whether the leaf of a chain is revoked. */
  serve(chain: TestChain, state: 'good' | 'revoked'): Promise<void>;
}

const AUTHORITY = `
[ca]
default_ca = here
[here]
database = PLACE/index.txt
crlnumber = PLACE/crlnumber
default_md = sha256
default_crl_days = 1
`;

/** A responder, `openssl ocsp` at `/ocsp`, and a list of `openssl ca` at `/list.crl`. */
export async function startRevocation(folder: string): Promise<RevocationService> {
  let place: string | undefined;
  const file = (name: string): string => join(definite(place, 'the files'), name);
  const server = await startBinaryServer(async ({ path, body }) => {
    if (place === undefined) return undefined;
    if (path === 'list.crl') {
      return { type: 'application/pkix-crl', bytes: await readFile(file('list.crl')) };
    }
    const request = body.byteLength > 0 ? body : Buffer.from(path.replace(/^ocsp\//, ''), 'base64');
    await writeFile(file('request.der'), request);
    await outputOf('openssl', [
      ...['ocsp', '-index', file('index.txt'), '-CA', file('root.pem'), '-ndays', '1'],
      ...['-rsigner', file('root.pem'), '-rkey', file('root.key')],
      ...['-reqin', file('request.der'), '-respout', file('answer.der')],
    ]);
    return { type: 'application/ocsp-response', bytes: await readFile(file('answer.der')) };
  });
  return {
    ...server,
    async serve(chain, state) {
      const serial = Buffer.from(certificateIn(chain, 0).serial).toString('hex').toUpperCase();
      const revoked = state === 'revoked' ? '250101000000Z' : '';
      const flag = state === 'revoked' ? 'R' : 'V';
      place = await filesIn(folder, {
        'index.txt': `${flag}\t461231000000Z\t${revoked}\t${serial}\tunknown\t/CN=leaf\n`,
        'index.txt.attr': 'unique_subject = no\n',
        crlnumber: '01\n',
        'root.pem': chain.rootPem,
        'root.key': definite(chain.parties.at(-1), 'the root')
          .key.export({ type: 'pkcs8', format: 'pem' })
          .toString(),
      });
      await writeFile(file('ca.cnf'), AUTHORITY.replaceAll('PLACE', place));
      await outputOf('openssl', [
        ...['ca', '-gencrl', '-config', file('ca.cnf'), '-cert', file('root.pem')],
        ...['-keyfile', file('root.key'), '-out', file('list.pem')],
      ]);
      await outputOf('openssl', [
        ...['crl', '-in', file('list.pem'), '-outform', 'DER', '-out', file('list.crl')],
      ]);
    },
  };
}
