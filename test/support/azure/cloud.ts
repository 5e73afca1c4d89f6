import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { makeTlsChain } from '../certificates.ts';
import { startServer } from '../http-server.ts';
import type { Answer, SeenRequest } from '../http-server.ts';
import { startProxy } from '../proxy.ts';
import type { TestProxy } from '../proxy.ts';
import { callOf } from './call.ts';
import type { Call, Reply, Service } from './call.ts';
import { entra } from './entra.ts';
import type { Application, EntraSwitches } from './entra.ts';
import { jobTokens } from './job-tokens.ts';
import type { JobTokenSwitches } from './job-tokens.ts';
import { machineIdentity } from './machine-identity.ts';
import { startAcr } from './registry.ts';
import type { TestAcr } from './registry.ts';
import { TokenBook } from './tokens.ts';

/** Azure DevOps, by a name that exists nowhere. */
const DEV_OPS_HOST = 'dev.azure.test';

/** Where the three clouds log in, and a private one. */
const LOGIN_HOSTS = [
  'login.microsoftonline.com',
  'login.microsoftonline.us',
  'login.partner.microsoftonline.cn',
  'login.private.test',
];

/** What a test starts a cloud with. */
export interface CloudOptions {
  readonly applications?: readonly Application[];
  /** Login servers of container registries, e.g. `example.azurecr.io`. */
  readonly registries?: readonly string[];
  /** Client ids of the identities of the agent's machine; the empty one is its own. */
  readonly machineIdentities?: readonly string[];
  /** More services, e.g. key vaults. */
  readonly services?: readonly CloudService[];
  /** Where plain HTTP to a name leads, e.g. `timestamp.example:80`. */
  readonly routes?: ReadonlyMap<string, number>;
  /** The token of the job; absent: a random one. */
  readonly accessToken?: string;
}

/** What a service of a cloud may need of the others. */
export interface Surroundings {
  readonly tokens: TokenBook;
  readonly registries: ReadonlyMap<string, TestAcr>;
}

/** A service and the hosts that it answers for. */
export interface CloudService {
  readonly hosts: readonly string[];
  start(surroundings: Surroundings): Service;
}

/** Azure and Azure DevOps on this machine, under their real names behind a proxy. */
export interface TestCloud {
  readonly tokens: TokenBook;
  readonly registries: ReadonlyMap<string, TestAcr>;
  readonly entra: EntraSwitches;
  readonly jobTokens: JobTokenSwitches;
  /** Calls so far but for those of registries, e.g. `POST login.microsoftonline.com/…/token`. */
  readonly calls: readonly string[];
  readonly proxy: TestProxy;
  /** What an agent must have to reach all this: variables, and the token of its job. */
  readonly agent: {
    readonly accessToken: string;
    readonly variables: Readonly<Record<string, string>>;
  };
  close(): Promise<void>;
}

/** Starts a cloud. */
export async function startCloud(options: CloudOptions = {}): Promise<TestCloud> {
  const { applications = [], registries: names = [], services = [] } = options;
  const tokens = new TokenBook();
  const jobToken = options.accessToken ?? `job-token-${randomUUID()}`;
  const switches = newSwitches();
  const hosts = [DEV_OPS_HOST, ...LOGIN_HOSTS, ...services.flatMap((service) => service.hosts)];
  const chain = makeTlsChain([...hosts, ...names]);
  const tls = { key: chain.leafKeyPem, cert: chain.chainPem };
  const acrs = await Promise.all(names.map(async (name) => startAcr(name, tokens, tls)));
  const registries = new Map(acrs.map((acr) => [acr.name, acr]));
  const connections = applications.flatMap(({ federatedWith }) => federatedWith ?? []);
  const front = await startServer(
    answerWith([
      jobTokens(DEV_OPS_HOST, tokens, { jobToken, connections, switches: switches.jobTokens }),
      entra(LOGIN_HOSTS, tokens, { applications, switches: switches.entra }),
      ...services.map((service) => service.start({ tokens, registries })),
    ]),
    tls,
  );
  const identities = machineIdentity(tokens, options.machineIdentities ?? []);
  const machine = await startServer(answerWith([identities]));
  const proxy = await startProxy({
    routes: new Map([
      ...hosts.map((host) => [`${host}:443`, front.port] as const),
      ...acrs.map(({ name, port }) => [`${name}:443`, port] as const),
      ...(options.routes ?? []),
    ]),
  });
  const authority = await writeAuthority(chain.rootPem);
  return {
    ...{ tokens, registries, proxy, ...switches },
    get calls() {
      return [...front.requests, ...machine.requests].map(nameOf);
    },
    agent: {
      accessToken: jobToken,
      variables: {
        'Agent.ProxyUrl': proxy.url,
        'Agent.CAInfo': authority,
        'System.OidcRequestUri': `https://${DEV_OPS_HOST}/org/_apis/oidctoken`,
        // The Azure SDK asks here instead of at the fixed address of the machine's own network.
        AZURE_POD_IDENTITY_AUTHORITY_HOST: `http://${machine.host}`,
      },
    },
    async close() {
      await proxy.close();
      await Promise.all([front, machine, ...acrs].map(async (each) => each.close()));
      await rm(dirname(authority), { recursive: true });
    },
  };
}

async function writeAuthority(pem: string): Promise<string> {
  const path = join(await mkdtemp(join(tmpdir(), 'cloud-')), 'root.pem');
  await writeFile(path, pem);
  return path;
}

function newSwitches(): Pick<TestCloud, 'entra' | 'jobTokens'> {
  return {
    entra: { tokenLifetimeMs: 3_600_000, refuseWith: undefined, unknownAudiences: [] },
    jobTokens: { tokenLifetimeMs: 600_000, unknownJobAnswers: 0 },
  };
}

/** The first service that knows a call answers it. */
function answerWith(services: readonly Service[]): Answer {
  return (request, response) => {
    const call = callOf(request);
    const { status, headers, body, delayMs } = firstReply(services, call);
    const send = (): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(body === undefined ? '' : JSON.stringify(body));
    };
    if (delayMs === undefined) send();
    else setTimeout(send, delayMs);
  };
}

function firstReply(services: readonly Service[], call: Call): Reply {
  for (const service of services) {
    const reply = service(call);
    if (reply !== undefined) return reply;
  }
  return { status: 404 };
}

function nameOf(request: SeenRequest): string {
  const { method, host, path } = callOf(request);
  return `${method} ${host}${path}`;
}
