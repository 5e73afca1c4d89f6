import { createPublicKey } from 'node:crypto';
import type { TestChain } from '../certificates.ts';
import { refusal } from './call.ts';
import type { Call, Reply, Service } from './call.ts';
import type { CloudService } from './cloud.ts';
import { signDigest } from './digest-signing.ts';
import type { TokenBook } from './tokens.ts';

/** A key with its certificate; each has a version of its own. */
export interface VaultEntry {
  readonly name: string;
  readonly version: string;
  readonly chain: Pick<TestChain, 'leafKey' | 'chainDer'>;
}

/** A key vault that tests watch and disturb. */
export interface TestVault extends CloudService {
  readonly url: string;
  /** The newest version of a name comes last. */
  readonly entries: VaultEntry[];
  readonly switches: VaultSwitches;
  /** Requests with a token, e.g. `POST /keys/release/k1/sign`. */
  readonly requests: readonly string[];
}

export interface VaultSwitches {
  /** Who may do what: client ids of applications and managed identities. */
  members: readonly string[];
  /** How many signatures are refused as too many, each with these headers. */
  throttled: number;
  throttleHeaders: Readonly<Record<string, string>>;
  /** How late requests without token and body are refused; the first of a client are such. */
  emptyRefusalDelayMs: number | undefined;
  /** How long each signature takes. */
  signDelayMs: number | undefined;
  /** A refusal of all that has a token. */
  refuseWith: Reply | undefined;
}

/** What Azure Key Vault and its clouds call themselves. */
export interface VaultPlace {
  readonly host: string;
  /** Whom tokens are for, e.g. `https://vault.azure.net`. */
  readonly audience: string;
  readonly authority: string;
}

/** A vault in the public cloud. */
export const PUBLIC_VAULT: VaultPlace = {
  host: 'release.vault.azure.net',
  audience: 'https://vault.azure.net',
  authority: 'https://login.microsoftonline.com/common',
};

/** A vault; it answers once its cloud has started. */
export function makeVault(place: VaultPlace, entries: readonly VaultEntry[]): TestVault {
  const requests: string[] = [];
  const vault: TestVault = {
    ...{ hosts: [place.host], url: `https://${place.host}`, entries: [...entries], requests },
    switches: {
      ...{ members: [], throttled: 0, throttleHeaders: {} },
      ...{ emptyRefusalDelayMs: undefined, signDelayMs: undefined, refuseWith: undefined },
    },
    start: ({ tokens }): Service => {
      return (call) => {
        if (call.host !== place.host) return undefined;
        const gate = gateOf(call, place, { tokens, vault });
        if (gate !== undefined) return gate;
        requests.push(`${call.method} ${call.path}`);
        return answer(vault, call);
      };
    },
  };
  return vault;
}

interface Guard {
  readonly tokens: TokenBook;
  readonly vault: TestVault;
}

/** Clients come without a token first, and learn from the answer whom to ask for one. */
function gateOf(call: Call, place: VaultPlace, { tokens, vault }: Guard): Reply | undefined {
  if (!/^(7\.\d|20\d\d-\d\d-\d\d)$/.test(call.query.get('api-version') ?? '')) {
    return refusal(400, 'BadParameter', 'api-version is missing');
  }
  const claims = tokens.readBearer(call.header('authorization'));
  if (claims?.audience !== place.audience) {
    const challenge = `Bearer authorization="${place.authority}", resource="${place.audience}"`;
    const body = { error: { code: 'Unauthorized', message: 'AKV10000: no Bearer token.' } };
    const { emptyRefusalDelayMs: delayMs } = vault.switches;
    const late = delayMs === undefined || call.body !== '' ? {} : { delayMs };
    return { status: 401, headers: { 'www-authenticate': challenge }, body, ...late };
  }
  if (vault.switches.refuseWith !== undefined) return vault.switches.refuseWith;
  if (vault.switches.members.includes(claims.subject)) return undefined;
  return refusal(403, 'Forbidden', 'Caller is not authorized to perform action on resource.');
}

function answer(vault: TestVault, call: Call): Reply {
  const [, kind, name, version = '', action] = call.path.split('/');
  const known = vault.entries.filter((entry) => entry.name === name);
  const entry =
    version === '' ? known.at(-1) : known.find((candidate) => candidate.version === version);
  switch (`${call.method} ${kind ?? ''} ${action ?? ''}`) {
    case 'GET certificates ':
      return entry === undefined ? missing('Certificate', call) : certificateOf(vault, entry);
    case 'GET keys ':
      return entry === undefined ? missing('Key', call) : keyOf(vault, entry);
    case 'POST keys sign':
      return entry === undefined || version === ''
        ? missing('Key', call)
        : sign(vault, entry, call);
    default:
      return refusal(405, 'MethodNotAllowed', call.path);
  }
}

function certificateOf({ url }: TestVault, { name, version, chain }: VaultEntry): Reply {
  const path = (kind: string): string => [url, kind, name, version].join('/');
  const cer = Buffer.from(chain.chainDer[0] ?? []).toString('base64');
  const attributes = { enabled: true, created: 1767322445, updated: 1767322445 };
  const ids = { id: path('certificates'), kid: path('keys'), sid: path('secrets') };
  return { status: 200, body: { ...ids, cer, attributes } };
}

function keyOf({ url }: TestVault, { name, version, chain }: VaultEntry): Reply {
  const jwk = createPublicKey(chain.leafKey).export({ format: 'jwk' });
  const kid = [url, 'keys', name, version].join('/');
  const attributes = { enabled: true, created: 1767322445, updated: 1767322445 };
  const key = { ...jwk, kty: `${jwk.kty ?? ''}-HSM`, kid, key_ops: ['sign', 'verify'] };
  return { status: 200, body: { key, attributes } };
}

function sign({ url, switches }: TestVault, entry: VaultEntry, call: Call): Reply {
  if (switches.throttled > 0) {
    switches.throttled -= 1;
    return { ...refusal(429, 'Throttled', 'Too many.'), headers: switches.throttleHeaders };
  }
  if (call.body === '') return refusal(400, 'BadParameter', 'the request has no body');
  const { alg, value } = JSON.parse(call.body) as { readonly alg: string; readonly value: string };
  const digest = Buffer.from(value, 'base64url');
  if (digest.byteLength * 8 !== Number(alg.slice(2))) {
    return refusal(400, 'BadParameter', 'the digest does not fit the algorithm');
  }
  const signature = signDigest(entry.chain.leafKey, alg, digest);
  const kid = [url, 'keys', entry.name, entry.version].join('/');
  const body = { kid, value: Buffer.from(signature).toString('base64url') };
  const { signDelayMs: delayMs } = switches;
  return { status: 200, body, ...(delayMs === undefined ? {} : { delayMs }) };
}

function missing(what: string, { path }: Call): Reply {
  return refusal(404, `${what}NotFound`, `A ${what.toLowerCase()} with ${path} was not found.`);
}
