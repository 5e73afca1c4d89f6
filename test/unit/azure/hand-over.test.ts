import assert from 'node:assert/strict';
import { DevOpsClient } from '../../../shared/azure/devops-client.ts';
import { createHandOverReader } from '../../../shared/azure/hand-over.ts';
import { releaseArtifacts } from '../../../shared/azure/release-artifacts.ts';
import { runArtifacts } from '../../../shared/azure/run-artifacts.ts';
import { TaskError } from '../../../shared/core/errors.ts';
import type { ErrorCode } from '../../../shared/core/errors.ts';
import { Secret } from '../../../shared/core/secret.ts';
import type { HandOverReader } from '../../../shared/ports/artifacts.ts';
import { createHttpClient } from '../../../shared/registry/http-client.ts';
import { createTransport } from '../../../shared/registry/transport.ts';
import { textArtifact } from '../../support/devops/artifacts.ts';
import type { StoredArtifact } from '../../support/devops/artifacts.ts';
import { startDevOps } from '../../support/devops/devops.ts';
import { memoryFiles } from '../../support/memory-files.ts';
import type { MemoryFiles } from '../../support/memory-files.ts';
import { virtualTiming } from '../../support/virtual-timing.ts';
import { silentLog } from '../../support/silent-log.ts';

const { signal } = new AbortController();

/** An image-info file in an artifact of this name. */
function holding(name: string, file = 'image-info.json'): StoredArtifact {
  return textArtifact(name, { [file]: JSON.stringify({ from: name }) });
}

function refusal(code: ErrorCode, ...says: readonly string[]) {
  return (error: unknown): boolean => {
    assert.ok(error instanceof TaskError);
    assert.equal(error.code, code);
    for (const part of says) assert.ok(error.message.includes(part), error.message);
    return true;
  };
}

const ANY = {
  kind: 'artifact',
  names: ['image-info-signed', 'image-info'],
  runId: undefined,
} as const;

describe('hand-over from a run', () => {
  const open: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0)) await close();
  });

  interface Reading {
    readonly reader: HandOverReader;
    readonly files: MemoryFiles;
    readonly lines: readonly string[];
  }

  const reading = async (
    runs: Readonly<Record<number, readonly StoredArtifact[]>>,
    { isRetry = false } = {},
  ): Promise<Reading> => {
    const served = Object.entries(runs).map(([id, artifacts]) => [id, () => artifacts] as const);
    const devops = await startDevOps({ runs: Object.fromEntries(served) });
    const transport = createTransport('test/1');
    open.push(
      () => transport.close(),
      () => devops.close(),
    );
    const log = silentLog;
    const project = { collection: new URL(devops.collection), project: devops.projectId };
    const client = new DevOpsClient(createHttpClient({ transport, timing: virtualTiming(), log }), {
      ...project,
      token: new Secret(devops.token),
    });
    const files = memoryFiles();
    const lines: string[] = [];
    const artifactsOf = (runId = 1): ReturnType<typeof runArtifacts> =>
      runArtifacts({ devops: client, runId, files, folder: '/temp/x' });
    const info = (line: string): void => {
      lines.push(line);
    };
    const warn = (line: string): void => {
      lines.push(`warning: ${line}`);
    };
    const reader = createHandOverReader({ artifactsOf, files, log: { info, warn }, isRetry });
    return { reader, files, lines };
  };
  const chosen = async (
    artifacts: readonly StoredArtifact[],
    source: Parameters<HandOverReader['imageInfo']>[0] = ANY,
  ): Promise<string> => (await reading({ 1: artifacts })).reader.imageInfo(source, signal);

  it('gives a file as it is', async () => {
    assert.equal(await chosen([], { kind: 'file', path: '/a.json' }), '/a.json');
  });

  const choices = [
    { has: ['image-info'], takes: 'image-info' },
    { has: ['image-info', 'image-info-signed'], takes: 'image-info-signed' },
    { has: ['image-info', 'image-info-2'], takes: 'image-info-2' },
    { has: ['image-info-9', 'image-info-10', 'image-info-2'], takes: 'image-info-10' },
    { has: ['image-info-3', 'image-info-signed'], takes: 'image-info-signed' },
    { has: ['image-info-signed', 'image-info-signed-2', 'logs'], takes: 'image-info-signed-2' },
    { has: ['Image-Info'], takes: 'Image-Info' },
  ];
  for (const { has, takes } of choices) {
    it(`takes ${takes} of ${has.join(', ')}`, async () => {
      const path = await chosen(has.map((name) => holding(name)));
      assert.equal(path, `/temp/x/1/${takes}/image-info.json`);
    });
  }

  it('takes an artifact of another run, and says where it is', async () => {
    const { reader, files, lines } = await reading({ 1: [], 7: [holding('mine')] });
    const path = await reader.imageInfo({ kind: 'artifact', names: ['mine'], runId: 7 }, signal);
    assert.equal(path, '/temp/x/7/mine/image-info.json');
    assert.deepEqual(JSON.parse(Buffer.from(files.contents.get(path) ?? []).toString()), {
      from: 'mine',
    });
    assert.deepEqual(lines, ['Using mine of run 7 in /temp/x/7/mine.']);
  });

  it('brings the documents beside image-info along, and nothing else', async () => {
    const texts = {
      'image-info.json': '{}',
      'image-info.json.cose.sig': 's',
      'signing-report.json': '{}',
      'huge.bin': 'b',
    };
    const { reader, files } = await reading({
      1: [textArtifact('image-info-signed', texts, 'Container')],
    });
    await reader.imageInfo(ANY, signal);
    assert.deepEqual([...files.contents.keys()].sort(), [
      '/temp/x/1/image-info-signed/image-info.json',
      '/temp/x/1/image-info-signed/image-info.json.cose.sig',
      '/temp/x/1/image-info-signed/signing-report.json',
    ]);
  });

  it('takes a document with another name when it is the only one called so', async () => {
    const artifact = textArtifact('image-info', {
      'sub/final-image-info.json': '{}',
      'plan.json': '{}',
    });
    assert.equal(await chosen([artifact]), '/temp/x/1/image-info/sub/final-image-info.json');
  });

  it('tells what the run has when it has none of the wanted', async () => {
    await assert.rejects(
      chosen([holding('other'), holding('more')]),
      refusal('ARTIFACT_NOT_FOUND', 'image-info-signed or image-info in run 1', 'more, other'),
    );
    await assert.rejects(chosen([]), refusal('ARTIFACT_NOT_FOUND', 'It has none.'));
  });

  it('refuses an artifact with no image-info or several', async () => {
    await assert.rejects(
      chosen([holding('image-info', 'plan.json')]),
      refusal('ARTIFACT_INVALID', 'image-info of run 1', 'holds no image-info.json'),
    );
    const several = textArtifact('image-info', {
      'a/image-info.json': '{}',
      'b/image-info.json': '{}',
    });
    await assert.rejects(chosen([several]), refusal('ARTIFACT_INVALID', '/a/', '/b/'));
  });

  it('refuses an artifact on a file share', async () => {
    await assert.rejects(
      chosen([textArtifact('image-info', {}, 'FilePath')]),
      refusal('ARTIFACT_INVALID', 'not kept by Azure DevOps', 'FilePath'),
    );
  });

  it('finds the fragments in all artifacts that a pattern describes, several in one too', async () => {
    const { reader } = await reading({
      1: [
        textArtifact('amd64-image-info-1', {
          'a-image-info.json': '1',
          'b-image-info.json': '2',
          'log.json': '',
        }),
        textArtifact('arm64-image-info-2', { 'out.json': '3' }, 'Container'),
        holding('image-info'),
      ],
    });
    assert.deepEqual(await reader.fragments('*-image-info-*', signal), [
      {
        path: '/temp/x/1/amd64-image-info-1/a-image-info.json',
        artifact: 'amd64-image-info-1',
      },
      {
        path: '/temp/x/1/amd64-image-info-1/b-image-info.json',
        artifact: 'amd64-image-info-1',
      },
      { path: '/temp/x/1/arm64-image-info-2/out.json', artifact: 'arm64-image-info-2' },
    ]);
    assert.deepEqual(await reader.fragments('nothing-*', signal), []);
  });

  it('finds documents in whatever case their names are', async () => {
    const texts = { 'Sub/Image-Info.JSON': '1', 'LOG.json': '' };
    const { reader, lines } = await reading({ 1: [textArtifact('image-info', texts)] });
    const path = '/temp/x/1/image-info/Sub/Image-Info.JSON';
    assert.equal(await reader.imageInfo(ANY, signal), path);
    const fragments = await reader.fragments('image-info', signal);
    assert.deepEqual(fragments, [{ path, artifact: 'image-info' }]);
    assert.equal(lines.filter((line) => line.startsWith('warning: ')).length, 0);
  });

  it('warns of an artifact that is called so and holds no document', async () => {
    const { reader, lines } = await reading({
      1: [holding('amd64-image-info-1'), holding('arm64-image-info-1', 'readme.txt')],
    });
    assert.equal((await reader.fragments('*-image-info-*', signal)).length, 1);
    assert.deepEqual(lines, [
      'warning: The artifact arm64-image-info-1 of run 1 is called *-image-info-* and holds no .json file: nothing of it is taken.',
    ]);
  });

  describe('finds what the attempt before uploaded', () => {
    const runs = {
      1: ['final', 'final-2', 'final-extra-3'].map((name) =>
        textArtifact(name, { 'receipt.json': name, 'plan.json': '{}' }),
      ),
    };

    it('in the artifact of the highest attempt', async () => {
      const { reader, files, lines } = await reading(runs, { isRetry: true });
      const path = await reader.earlierAttempt(['final'], 'receipt.json', signal);
      assert.equal(path, '/temp/x/1/final-2/receipt.json');
      assert.equal(Buffer.from(await files.read(path, signal)).toString(), 'final-2');
      assert.deepEqual(lines, ['Going on from receipt.json of final-2.']);
    });

    const either = ['final', 'final-unfinished'];
    const ends = [
      { has: ['final', 'final-unfinished-2'], takes: 'final-unfinished-2' },
      { has: ['final-unfinished', 'final-2'], takes: 'final-2' },
      { has: ['final-unfinished-2', 'final-2'], takes: 'final-2' },
    ];
    for (const { has, takes } of ends) {
      it(`under either of two names: ${takes} of ${has.join(', ')}`, async () => {
        const artifacts = has.map((name) => textArtifact(name, { 'receipt.json': name }));
        const { reader } = await reading({ 1: artifacts }, { isRetry: true });
        const path = await reader.earlierAttempt(either, 'receipt.json', signal);
        assert.equal(path, `/temp/x/1/${takes}/receipt.json`);
      });
    }

    it('only where there was one, and it uploaded that', async () => {
      const first = await reading(runs);
      assert.equal(await first.reader.earlierAttempt(['final'], 'plan.json', signal), undefined);
      const { reader } = await reading(runs, { isRetry: true });
      assert.equal(await reader.earlierAttempt(['other'], 'plan.json', signal), undefined);
      assert.equal(await reader.earlierAttempt(['final'], 'other.json', signal), undefined);
    });
  });
});

describe('hand-over in a classic release', () => {
  const readerOf = (...paths: readonly string[]): HandOverReader => {
    const files = memoryFiles(Object.fromEntries(paths.map((path) => [`/r1/a/${path}`, {}])));
    const artifactsOf = (): ReturnType<typeof releaseArtifacts> => releaseArtifacts('/r1/a', files);
    const log = { info: () => undefined, warn: () => undefined };
    return createHandOverReader({ artifactsOf, files, log, isRetry: false });
  };

  it('takes the highest attempt from the folder of the alias', async () => {
    const reader = readerOf(
      '_build/image-info/image-info.json',
      '_build/image-info-signed/image-info.json',
      '_build/image-info-signed-2/image-info.json',
      '_other/drop/image-info.json',
    );
    const path = await reader.imageInfo(ANY, signal);
    assert.equal(path, '/r1/a/_build/image-info-signed-2/image-info.json');
  });

  it('does not choose between aliases', async () => {
    const reader = readerOf('_a/image-info/image-info.json', '_b/image-info-2/image-info.json');
    await assert.rejects(
      reader.imageInfo(ANY, signal),
      refusal('ARTIFACT_INVALID', '/r1/a/_a', '/r1/a/_b'),
    );
    const fragments = reader.fragments('image-info*', signal);
    await assert.rejects(fragments, refusal('ARTIFACT_INVALID', '/r1/a/_a', '/r1/a/_b'));
  });

  it('tells where it looked, and which artifacts there are', async () => {
    const reader = readerOf('_a/drop/x.json');
    const refused = refusal('ARTIFACT_NOT_FOUND', 'image-info in /r1/a.', 'drop');
    await assert.rejects(reader.imageInfo(ANY, signal), refused);
  });

  it('finds fragments below the alias', async () => {
    const reader = readerOf('_a/x-image-info-1/image-info.json', '_a/y-image-info-1/a.json');
    assert.deepEqual(await reader.fragments('*-image-info-*', signal), [
      { path: '/r1/a/_a/x-image-info-1/image-info.json', artifact: 'x-image-info-1' },
      { path: '/r1/a/_a/y-image-info-1/a.json', artifact: 'y-image-info-1' },
    ]);
  });
});
