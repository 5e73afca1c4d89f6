import assert from 'node:assert/strict';
import { TaskError } from '../../../../shared/core/errors.ts';
import type { JsonValue } from '../../../../shared/core/json.ts';
import { parseReport } from '../../../../shared/release-report/parse.ts';
import { repositoryAt } from '../../../../shared/oci/reference.ts';
import { rollbackReport } from '../../../../tasks/PublishArtifacts/attachment.ts';
import type { Receipt } from '../../../../tasks/PublishArtifacts/receipt.ts';
import type { RollbackInputs } from '../../../../tasks/PublishArtifacts/rollback-inputs.ts';
import { planRollback } from '../../../../tasks/PublishArtifacts/rollback-plan.ts';
import type { RollbackPlan } from '../../../../tasks/PublishArtifacts/rollback-plan.ts';
import {
  notDeleted,
  nothingDiffers,
  renderRollback,
  renderRollbackSummary,
  rollbackDone,
  rollbackSummary,
} from '../../../../tasks/PublishArtifacts/rollback-report.ts';
import { executeRollback, gatherRollback } from '../../../../tasks/PublishArtifacts/rollback.ts';
import type { RollbackRecord } from '../../../../tasks/PublishArtifacts/rollback.ts';
import { pushImage } from '../../../support/release.ts';
import { NOW } from '../../../support/signing.ts';
import { TARGET, aRelease } from './support.ts';
import type { Release } from './support.ts';

const RECEIPT = '/temp/image-info-final/receipt.json';
const RECORD = '/temp/image-info-final/rollback.json';
const APP = repositoryAt(TARGET, 'app');

const INPUTS: RollbackInputs = {
  kind: 'rollback',
  receipt: RECEIPT,
  target: { location: TARGET, connection: undefined, scheme: undefined },
  registries: { trustedTokenHosts: [], referrersPerMinute: undefined },
  output: '/temp/image-info-final/image-info.json',
  artifactName: undefined,
  dryRun: false,
};

interface Rollback {
  readonly plan: RollbackPlan;
  readonly execute: () => Promise<RollbackRecord>;
}

async function aRollback(
  release: Release,
  changes: Partial<RollbackInputs> = {},
): Promise<Rollback> {
  const { registry, files } = release;
  const { signal } = new AbortController();
  const facts = await gatherRollback({ ...INPUTS, ...changes }, { files, registry }, signal);
  const plan = planRollback(facts);
  const writers = { registry, files, clock: { now: () => NOW } };
  const context = { manifests: facts.manifests, output: INPUTS.output };
  return { plan, execute: async () => executeRollback(plan, context, { writers, signal }) };
}

/** A published release; `latest` and `1.0-amd64` pointed to something older before, the other four tags are new. */
async function published(): Promise<
  Release & { readonly before: Readonly<Record<string, string>> }
> {
  const release = await aRelease();
  const older = pushImage(release.registry, APP, { name: 'older' });
  release.registry.addManifest(APP, older, ['latest', '1.0-amd64']);
  const before = release.registry.tags(TARGET.registry);
  await release.publish();
  release.registry.writes.length = 0;
  return { ...release, before };
}

function changeReceipt({ files }: Release, change: (receipt: Receipt) => Receipt): Promise<void> {
  const receipt = JSON.parse(String(Buffer.from(files.contents.get(RECEIPT) ?? []))) as Receipt;
  return files.write(RECEIPT, Buffer.from(JSON.stringify(change(receipt))));
}

describe('PublishArtifacts rollback', () => {
  it('puts every tag back to where it was, shared tags first', async () => {
    const release = await published();
    const { plan, execute } = await aRollback(release);
    assert.equal(rollbackSummary(plan), '2 tags to put back, 4 to delete, 0 to keep');
    assert.deepEqual(nothingDiffers(plan), []);
    const record = await execute();
    assert.deepEqual(release.registry.tags(TARGET.registry), release.before);
    const names = release.registry.writes.map(({ kind, name }) => `${kind} ${name}`);
    assert.deepEqual(
      new Set(names.slice(0, 2)),
      new Set(['delete public.example/app:1.0', 'tag public.example/app:latest']),
    );
    assert.equal(rollbackDone(record), 'Put 2 tags back, deleted 4, kept 0.');
    assert.deepEqual(notDeleted(record), []);
    const kept: unknown = JSON.parse(String(Buffer.from(release.files.contents.get(RECORD) ?? [])));
    assert.deepEqual(kept, JSON.parse(JSON.stringify(record)));
  });

  it('prints what it will do as a table, and its plan survives JSON', async () => {
    const { plan } = await aRollback(await published());
    const lines = renderRollback(plan);
    assert.match(lines[0] ?? '', /^step +tag +published +before$/);
    assert.match(lines[1] ?? '', /^delete +public\.example\/app:1\.0 +[0-9a-f]{12} +absent$/);
    assert.match(
      lines[2] ?? '',
      /^restore +public\.example\/app:latest +[0-9a-f]{12} +[0-9a-f]{12}$/,
    );
    assert.deepEqual(JSON.parse(JSON.stringify(plan)), plan);
  });

  it('tells the tab where each tag points to now, and which are gone', async () => {
    const release = await published();
    const { execute } = await aRollback(release);
    const report = rollbackReport(await execute(), TARGET);
    const tags = report.tags.map(({ repo, tag, digest, previousDigest, isGone }) => {
      const fate = isGone === true ? 'gone' : digest === previousDigest ? 'kept' : 'moved';
      return `${repo}:${tag} ${fate} ${release.before[`${TARGET.registry}/${repo}:${tag}`] === digest ? 'back' : ''}`;
    });
    assert.deepEqual(
      tags.toSorted().map((line) => line.trim()),
      [
        'app:1.0 gone',
        'app:1.0-amd64 moved back',
        'app:1.0-arm64 gone',
        'app:latest moved back',
        'tools/probe:2 gone',
        'tools/probe:2.0 gone',
      ],
    );
    assert.equal(report.undone, NOW.toISOString());
    const document = { version: 1, createdAt: NOW.toISOString(), ...report };
    const source = { job: 'a', stageAttempt: 1, jobAttempt: 1 };
    assert.ok(parseReport(JSON.parse(JSON.stringify({ ...document, source })) as JsonValue).ok);
  });

  it('tells the page of the run which tags it put back, removed and could not remove', async () => {
    const release = await published();
    release.registry.beforeWrite = ({ kind, name }) => {
      if (kind === 'delete' && name.endsWith(':1.0')) throw new TaskError('REGISTRY_DENIED', 'no');
    };
    const { execute } = await aRollback(release);
    const lines = renderRollbackSummary(await execute()).split('\n');
    assert.match(lines[0] ?? '', /^Put 2 tags back, deleted 3, kept 0; 1 could not be deleted\. /);
    assert.ok(
      lines.some((line) => /^\| `public\.example\/app:latest` .* \| restored \|$/.test(line)),
    );
    assert.ok(
      lines.some((line) => /^\| `public\.example\/app:1\.0` .* \| ⚠ not deleted \|$/.test(line)),
    );
    assert.equal(lines.filter((line) => line.startsWith('| `')).length, 6);
  });

  it('changes nothing the second time', async () => {
    const release = await published();
    await (await aRollback(release)).execute();
    release.registry.writes.length = 0;
    const { plan, execute } = await aRollback(release);
    assert.equal(rollbackSummary(plan), '0 tags to put back, 0 to delete, 6 to keep');
    assert.match(nothingDiffers(plan)[0] ?? '', /^No tag differs from where it was before/);
    assert.equal(rollbackDone(await execute()), 'Put 0 tags back, deleted 0, kept 6.');
    assert.deepEqual(release.registry.writes, []);
  });

  it('undoes what a killed publish has done, and no more', async () => {
    const release = await aRelease();
    const before = release.registry.tags(TARGET.registry);
    release.registry.beforeWrite = ({ kind, name }) => {
      if (kind === 'tag' && name.endsWith(':latest')) throw new TaskError('REGISTRY_DENIED', 'no');
    };
    await assert.rejects(release.publish());
    release.registry.beforeWrite = () => undefined;
    const { plan, execute } = await aRollback(release);
    assert.equal(rollbackSummary(plan), '0 tags to put back, 5 to delete, 1 to keep');
    await execute();
    assert.deepEqual(release.registry.tags(TARGET.registry), before);
  });

  it('leaves a tag where it is that the publish never set and somebody else moved', async () => {
    const release = await aRelease();
    release.registry.beforeWrite = ({ kind, name }) => {
      if (kind === 'tag' && name.endsWith(':latest')) throw new TaskError('REGISTRY_DENIED', 'no');
    };
    await assert.rejects(release.publish());
    release.registry.beforeWrite = () => undefined;
    const other = pushImage(release.registry, APP, { name: 'other' });
    release.registry.addManifest(APP, other, ['latest']);
    const { plan, execute } = await aRollback(release);
    const { digest } = other.descriptor;
    assert.deepEqual(plan.warnings, [
      `public.example/app:latest is left where it is, ${digest}: the publish did not set it, as far as its receipt tells.`,
    ]);
    await execute();
    assert.deepEqual(release.registry.tags(TARGET.registry), {
      'public.example/app:latest': digest,
    });
  });

  it('refuses when a tag has moved since, and names it with both digests', async () => {
    const release = await published();
    const other = pushImage(release.registry, APP, { name: 'other' });
    release.registry.addManifest(APP, other, ['latest']);
    await assert.rejects(aRollback(release), {
      code: 'TAG_MOVED',
      message: new RegExp(
        `^1 tag moved since the publish; nothing was put back:\\n {2}public\\.example/app:latest was set to sha256:[0-9a-f]+, is ${other.descriptor.digest}$`,
      ),
    });
    assert.deepEqual(release.registry.writes, []);
  });

  it('leaves a tag alone that somebody else moves while others are put back', async () => {
    const release = await published();
    const { execute } = await aRollback(release);
    const other = pushImage(release.registry, APP, { name: 'other' });
    release.registry.beforeWrite = () => {
      release.registry.addManifest(APP, other, ['1.0-amd64']);
    };
    await assert.rejects(execute(), {
      code: 'TAG_MOVED',
      message:
        /^1 tag moved while tags were put back; 2 were put back or deleted before, as rollback\.json says:\n {2}public\.example\/app:1\.0-amd64 was set to /,
    });
    const now = release.registry.tags()['public.example/app:1.0-amd64'];
    assert.equal(now, other.descriptor.digest);
  });

  it('keeps what somebody else has put back meanwhile', async () => {
    const release = await published();
    const { execute } = await aRollback(release);
    const again = await aRollback(release);
    await again.execute();
    release.registry.writes.length = 0;
    assert.equal(rollbackDone(await execute()), 'Put 0 tags back, deleted 0, kept 6.');
    assert.deepEqual(release.registry.writes, []);
  });

  it('refuses when what a tag pointed to is gone', async () => {
    const release = await published();
    const digest = release.before['public.example/app:latest'];
    assert.ok(digest !== undefined);
    await changeReceipt(release, (receipt) => ({
      ...receipt,
      tags: receipt.tags.map((entry) =>
        entry.tag === 'latest' && entry.previousDigest !== undefined
          ? { ...entry, previousDigest: `sha256:${'0'.repeat(64)}` as typeof entry.digest }
          : entry,
      ),
    }));
    await assert.rejects(aRollback(release), {
      code: 'CONTENT_NOT_FOUND',
      message: /^1 tag cannot be put back, .*:\n {2}public\.example\/app:latest was sha256:0+$/,
    });
  });

  for (const code of ['REGISTRY_REJECTED', 'REGISTRY_DENIED', 'REGISTRY_UNAUTHORIZED'] as const) {
    it(`tells which tags a registry did not delete that answers ${code}`, async () => {
      const release = await published();
      release.registry.beforeWrite = ({ kind }) => {
        if (kind === 'delete') throw new TaskError(code, 'Cannot delete it.');
      };
      const record = await (await aRollback(release)).execute();
      assert.equal(
        rollbackDone(record),
        'Put 2 tags back, deleted 0, kept 0; 4 could not be deleted.',
      );
      const left = notDeleted(record);
      assert.equal(left.length, 4);
      assert.equal(
        left[0],
        'public.example/app:1.0 did not exist before and is still there: Cannot delete it.',
      );
    });
  }

  it('fails when the registry fails', async () => {
    const release = await published();
    release.registry.beforeWrite = ({ kind }) => {
      if (kind === 'delete') throw new TaskError('REGISTRY_UNAVAILABLE', 'no');
    };
    await assert.rejects((await aRollback(release)).execute(), { code: 'REGISTRY_UNAVAILABLE' });
  });

  const otherTargets = [
    { registry: 'other.example', prefix: '', shown: 'other\\.example' },
    { registry: 'public.example', prefix: 'public', shown: 'public\\.example/public' },
  ];
  for (const { shown, ...location } of otherTargets) {
    it(`refuses the receipt of another target at ${location.registry}`, async () => {
      const release = await published();
      const target = { location, connection: undefined, scheme: undefined };
      await assert.rejects(aRollback(release, { target }), {
        code: 'RECEIPT_INVALID',
        message: new RegExp(
          `^The receipt .* is of public\\.example, with repositories such as .*; the target is ${shown}\\.$`,
        ),
      });
    });
  }

  it('refuses a file that is no receipt', async () => {
    const release = await aRelease({ files: { [RECEIPT]: [] } });
    await assert.rejects(aRollback(release), { code: 'RECEIPT_INVALID' });
  });
});
