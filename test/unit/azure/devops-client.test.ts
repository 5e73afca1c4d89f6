import assert from 'node:assert/strict';
import { unzipSync } from 'fflate';
import { DevOpsClient } from '../../../shared/azure/devops-client.ts';
import { TaskError } from '../../../shared/core/errors.ts';
import type { ErrorCode } from '../../../shared/core/errors.ts';
import { Secret } from '../../../shared/core/secret.ts';
import { createHttpClient } from '../../../shared/registry/http-client.ts';
import { createTransport } from '../../../shared/registry/transport.ts';
import type { Transport } from '../../../shared/registry/transport.ts';
import { textArtifact } from '../../support/devops/artifacts.ts';
import { startDevOps } from '../../support/devops/devops.ts';
import type { DevOps, DevOpsOptions } from '../../support/devops/devops.ts';
import { startServer } from '../../support/http-server.ts';
import { virtualTiming } from '../../support/virtual-timing.ts';
import { silentLog } from '../../support/silent-log.ts';

const RUN = 4711;

describe('DevOpsClient', () => {
  const { signal } = new AbortController();
  const open: (() => Promise<void>)[] = [];
  let transport: Transport;

  beforeEach(() => {
    transport = createTransport('test/1');
  });
  afterEach(async () => {
    await transport.close();
    await Promise.all(open.splice(0).map((close) => close()));
  });

  const start = async (options: DevOpsOptions = {}): Promise<DevOps> => {
    const artifacts = [
      textArtifact('image-info', { 'image-info.json': '{}' }),
      textArtifact('logs', { 'a.txt': 'a' }, 'Container'),
    ];
    const devops = await startDevOps({ runs: { [RUN]: () => artifacts }, ...options });
    open.push(() => devops.close());
    return devops;
  };
  const clientOf = (
    { collection, projectId, token }: Pick<DevOps, 'collection' | 'projectId' | 'token'>,
    http = createHttpClient({
      transport,
      timing: virtualTiming(),
      log: silentLog,
    }),
  ): DevOpsClient =>
    new DevOpsClient(http, {
      collection: new URL(collection),
      project: projectId,
      token: new Secret(token),
    });
  const refusal =
    (code: ErrorCode, ...says: readonly string[]) =>
    (error: unknown): boolean => {
      assert.ok(error instanceof TaskError);
      assert.equal(error.code, code);
      const text = `${error.message}\n${error.hint ?? ''}`;
      for (const part of says) assert.ok(text.includes(part), `${part} is not in ${text}`);
      return true;
    };

  for (const collectionPath of ['/org/', '/', '/tfs/DefaultCollection/']) {
    it(`lists the artifacts of a run in the collection at ${collectionPath}`, async () => {
      const devops = await start({ collectionPath });
      assert.deepEqual(await clientOf(devops).listArtifacts(RUN, signal), [
        { name: 'image-info', type: 'PipelineArtifact' },
        { name: 'logs', type: 'Container' },
      ]);
    });
  }

  it('takes a collection without a slash at its end', async () => {
    const devops = await start();
    const collection = devops.collection.replace(/\/$/, '');
    const listed = await clientOf({ ...devops, collection }).listArtifacts(RUN, signal);
    assert.equal(listed.length, 2);
  });

  it('downloads a pipeline artifact from where it is kept, without showing its token there', async () => {
    const devops = await start();
    const archive = await clientOf(devops).downloadArtifact(RUN, 'image-info', signal);
    assert.deepEqual(Object.keys(unzipSync(archive)), ['image-info/image-info.json']);
    assert.deepEqual(
      devops.blobRequests.map(({ headers }) => headers.authorization),
      [undefined],
    );
  });

  it('downloads a container artifact from the service itself', async () => {
    const devops = await start();
    const archive = await clientOf(devops).downloadArtifact(RUN, 'logs', signal);
    assert.deepEqual(Object.keys(unzipSync(archive)), ['logs/a.txt']);
    assert.deepEqual(devops.blobRequests, []);
  });

  it('comes back when the service is busy', async () => {
    const devops = await start({ throttled: 2 });
    assert.equal((await clientOf(devops).listArtifacts(RUN, signal)).length, 2);
    assert.equal(devops.requests.length, 3);
  });

  for (const badTokenGets of [401, 'page'] as const) {
    it(`says that the token is not good when it gets ${badTokenGets}`, async () => {
      const devops = await start({ badTokenGets });
      await assert.rejects(
        clientOf({ ...devops, token: 'expired' }).listArtifacts(RUN, signal),
        refusal('SERVICE_DENIED', `run ${RUN}`, 'access token of the job', 'timeoutInMinutes'),
      );
    });
  }

  it('says which permission is missing', async () => {
    const devops = await start({ hiddenRuns: [12] });
    await assert.rejects(
      clientOf(devops).listArtifacts(12, signal),
      refusal(
        'SERVICE_DENIED',
        'run 12',
        'TF50309',
        'View builds',
        'Limit job authorization scope',
      ),
    );
  });

  it('says that a run is not there, and why that may be', async () => {
    const devops = await start();
    await assert.rejects(
      clientOf(devops).listArtifacts(99, signal),
      refusal('RUN_NOT_FOUND', 'run 99', 'could not be found', 'retention'),
    );
  });

  it('says that an artifact is not there', async () => {
    const devops = await start();
    await assert.rejects(
      clientOf(devops).downloadArtifact(RUN, 'nothing', signal),
      refusal('ARTIFACT_NOT_FOUND', 'nothing', `run ${RUN}`),
    );
  });

  const answers = [
    {
      name: 'an error of the service',
      status: 500,
      type: 'text/plain',
      code: 'SERVICE_UNAVAILABLE',
    },
    { name: 'a page', status: 200, type: 'text/html', code: 'SERVICE_DENIED' },
    { name: 'something else than a list', status: 200, type: 'text/plain', code: 'SERVICE_DENIED' },
    { name: 'a run that is gone', status: 410, type: 'text/plain', code: 'RUN_NOT_FOUND' },
  ] as const;
  for (const { name, status, type, code } of answers) {
    it(`does not take ${name} for a list`, async () => {
      const server = await startServer((_, response) => {
        response.writeHead(status, { 'content-type': type }).end('##vso[task.complete]');
      });
      open.push(() => server.close());
      const place = { collection: `http://${server.host}/org`, projectId: 'p', token: 't' };
      await assert.rejects(clientOf(place).listArtifacts(RUN, signal), refusal(code, `run ${RUN}`));
    });
  }

  it('leaves out artifacts whose names are no names', async () => {
    const names = ['..', 'a/b', 'a\\b', '', 'a:b', 'good', 7];
    const server = await startServer((_, response) => {
      response.end(JSON.stringify({ value: [...names.map((name) => ({ name })), null, 'text'] }));
    });
    open.push(() => server.close());
    const place = { collection: `http://${server.host}/org`, projectId: 'p', token: 't' };
    assert.deepEqual(await clientOf(place).listArtifacts(RUN, signal), [
      { name: 'good', type: '' },
    ]);
  });
});
