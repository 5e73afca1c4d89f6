import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { JsonValue } from '../../../shared/core/json.ts';
import type { Digest } from '../../../shared/oci/digest.ts';
import { REPORT_TYPE } from '../../../shared/release-report/model.ts';
import { parseReport } from '../../../shared/release-report/parse.ts';
import { assertSucceeded } from './support/expect.ts';
import { filesLeft, readJson, taskLabs } from './support/labs.ts';
import type { Lab } from './support/labs.ts';
import { writeFiles } from './support/stages.ts';

interface Row {
  readonly dockerfile: string;
  isUnchanged?: boolean;
}

/** What these tests read of image-info. */
interface Document {
  readonly repos: readonly {
    readonly repo: string;
    readonly images: readonly {
      readonly manifest: { readonly digest: string; readonly created: string };
      readonly platforms: readonly Row[];
    }[];
  }[];
}

/** What these tests read of a plan: parts that have an order. */
interface PublishPlan {
  readonly content: readonly (readonly { readonly what: string }[])[];
  readonly platformTags: readonly unknown[];
  readonly sharedTags: readonly { readonly previousDigest?: string }[];
}

interface Receipt {
  readonly registry: string;
  readonly tags: readonly {
    readonly repository: string;
    readonly tag: string;
    readonly digest: string;
    readonly previousDigest?: string;
  }[];
}

const SIGNED = 'image-info-signed/image-info.json';

/** Marks rows of the signed image-info as unchanged: `web` on one platform, `worker` on all. */
async function markUnchanged({ agent }: Lab): Promise<void> {
  const document = (await readJson(join(agent.workspace, SIGNED))) as Document;
  const marked = document.repos.flatMap(({ repo, images }) =>
    images.flatMap(({ platforms }) => {
      if (repo === 'shop/worker') return platforms;
      return repo === 'shop/web' ? platforms.slice(0, 1) : [];
    }),
  );
  for (const row of marked) row.isUnchanged = true;
  await writeFiles(agent.workspace, { [SIGNED]: JSON.stringify(document, null, 2) });
}

function rowsOf({ repos }: Document): readonly string[] {
  return repos.flatMap(({ repo, images }) => [
    `${repo}: ${images.flatMap(({ platforms }) => platforms).length}`,
  ]);
}

describe('tasks records', () => {
  const labs = taskLabs();
  after(() => labs.dispose());

  it('upload what each task wrote', async () => {
    const lab = await labs.open('signed');
    assertSucceeded(await lab.create({ inputs: { artifactName: 'a' } }));
    assertSucceeded(await lab.sign({ inputs: { artifactName: 'b' } }));
    assertSucceeded(await lab.publish({ inputs: { artifactName: 'c' } }));
    const files = await Promise.all(
      ['a', 'b', 'c'].map(async (name) => readdir(lab.agent.artifacts.get(name) ?? '')),
    );
    assert.deepEqual(
      files.map((names) => names.toSorted()),
      [
        ['image-info.json', 'plan.json'],
        ['image-info.json', 'image-info.json.cose.sig', 'plan.json', 'signing-report.json'],
        ['image-info.json', 'plan.json', 'receipt.json'],
      ],
    );
  });

  it('tell the page of the run what each task did', async () => {
    const steps = [
      await (await labs.open('built')).create(),
      await (await labs.open('created')).sign(),
      await (await labs.open('signed')).publish(),
    ];
    const told: string[] = [];
    for (const step of steps) {
      assertSucceeded(step);
      const attached = step.attachments.find(({ type }) => type === REPORT_TYPE);
      const report = parseReport(JSON.parse(attached?.content ?? 'null') as JsonValue);
      assert.ok(report.ok, JSON.stringify(report));
      const { kind, images } = report.value;
      const lists = images.filter(({ what }) => what === 'list');
      told.push(`${kind}: ${lists.length} of ${images.length} are lists`);
    }
    assert.deepEqual(told, [
      'create: 3 of 12 are lists',
      'sign: 3 of 12 are lists',
      'publish: 3 of 12 are lists',
    ]);
  });

  it('write each list with its digest and one time into image-info', async () => {
    const lab = await labs.open('built');
    const { outputs } = await lab.create();
    const { repos } = (await readJson(outputs['imageInfoPath'] ?? '')) as Document;
    const lists = repos.flatMap(({ images }) => images.map(({ manifest }) => manifest));
    assert.deepEqual(
      repos.map(({ repo }) => repo),
      ['shop/api', 'shop/web', 'shop/worker'],
    );
    for (const { digest } of lists) assert.match(digest, /^registry\.example\/shop\/\w+@sha256:/);
    assert.equal(new Set(lists.map(({ created }) => created)).size, 1);
  });

  it('hand image-info over with the bytes that were signed', async () => {
    const lab = await labs.open('created');
    const step = await lab.sign();
    assertSucceeded(step);
    const before = await readFile(join(lab.agent.workspace, 'image-info/image-info.json'));
    const { imageInfoPath = '', reportPath = '' } = step.outputs;
    assert.deepEqual(await readFile(imageInfoPath), before);
    const report = (await readJson(reportPath)) as { signatures: { outcome: string }[] };
    assert.deepEqual(
      report.signatures.map(({ outcome }) => outcome),
      Array<string>(12).fill('signed'),
    );
  });

  it('keep the plan of a publish: content in waves, then tags', async () => {
    const lab = await labs.open('signed');
    assertSucceeded(await lab.publish());
    const path = join(lab.agent.temp, 'image-info-final/plan.json');
    const plan = (await readJson(path)) as PublishPlan;
    assert.deepEqual(
      plan.content.map((wave) => [...new Set(wave.map(({ what }) => what))].toSorted()),
      [['platform'], ['list', 'referrer'], ['referrer']],
    );
    assert.equal(plan.platformTags.length, 9);
    assert.equal(plan.sharedTags.length, 9);
  });

  it('name in the receipt what each tag pointed to before', async () => {
    const lab = await labs.open('signed');
    const api = lab.target.store.open('public/shop/api');
    const [old] = lab.source.store.open('build/42/shop/web').manifests.values();
    assert.ok(old !== undefined);
    api.manifests.set(old.digest, old);
    api.tags.set('latest', old.digest);
    const step = await lab.publish();
    assertSucceeded(step);
    const receipt = (await readJson(step.outputs['receiptPath'] ?? '')) as Receipt;
    assert.equal(receipt.registry, lab.target.host);
    assert.deepEqual(
      receipt.tags
        .filter(({ previousDigest }) => previousDigest !== undefined)
        .map(({ repository, tag, digest, previousDigest }) => [
          repository,
          tag,
          digest,
          previousDigest,
        ]),
      [['public/shop/api', 'latest', api.tags.get('latest'), old.digest]],
    );
    const published: readonly (Digest | undefined)[] = receipt.tags.map(({ repository, tag }) =>
      lab.target.store.open(repository).tags.get(tag),
    );
    assert.deepEqual(
      published,
      receipt.tags.map(({ digest }) => digest),
    );
  });

  it('leave unchanged rows out of what is published and recorded', async () => {
    const lab = await labs.open('signed');
    await markUnchanged(lab);
    const step = await lab.publish();
    assertSucceeded(step);
    const final = await readFile(step.outputs['imageInfoPath'] ?? '', 'utf8');
    assert.deepEqual(rowsOf(JSON.parse(final) as Document), ['shop/api: 4', 'shop/web: 2']);
    assert.ok(!final.includes('isUnchanged'));
    assert.equal(lab.target.store.find('public/shop/worker'), undefined);
    assert.equal(lab.target.store.open('public/shop/web').tags.has('2.1.0-noble-amd64'), false);
    // The list of web still has all its children.
    assert.equal(lab.target.store.open('public/shop/web').tags.has('latest'), true);
  });

  it('have every row and no mark when unchanged rows are included', async () => {
    const lab = await labs.open('signed');
    await markUnchanged(lab);
    const step = await lab.publish({ inputs: { includeUnchanged: 'true' } });
    assertSucceeded(step);
    const final = await readFile(step.outputs['imageInfoPath'] ?? '', 'utf8');
    assert.deepEqual(rowsOf(JSON.parse(final) as Document), [
      'shop/api: 4',
      'shop/web: 3',
      'shop/worker: 2',
    ]);
    assert.ok(!final.includes('isUnchanged'));
  });

  it('say that there was nothing to create', async () => {
    const lab = await labs.open('built');
    const step = await lab.create({ inputs: { imageInfo: 'nothing/*.json' } });
    assertSucceeded(step);
    assert.deepEqual(step.outputs, { noImageInfo: 'true', manifestListCount: '0' });
    assert.deepEqual(
      step.issues.map(({ type }) => type),
      ['warning'],
    );
    assert.deepEqual(await filesLeft(lab), []);
    assert.deepEqual(lab.source.requests, []);
  });

  it('name the attempts of a job that a later one replaced', async () => {
    const lab = await labs.open('built');
    const step = await lab.create();
    const told = step.lines.filter((line) => line.startsWith('A later attempt replaces '));
    assert.equal(told.length, 1);
    assert.match(told[0] ?? '', /linux-arm64-image-info-1\/image-info\.json\.$/);
  });
});
