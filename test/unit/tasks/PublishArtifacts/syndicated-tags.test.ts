import assert from 'node:assert/strict';
import type { ReleasedDigest } from '../../../../shared/image-info/select.ts';
import { digestOf } from '../../../../shared/oci/digest.ts';
import type { Digest } from '../../../../shared/oci/digest.ts';
import { formatReference } from '../../../../shared/oci/reference.ts';
import { withSyndicatedTags } from '../../../../tasks/PublishArtifacts/syndicated-tags.ts';

const { signal } = new AbortController();
const location = { registry: 'build.example', prefix: 'b' };
const LIST = digestOf(Buffer.from('list'));
const OTHER = digestOf(Buffer.from('other'));

function row(changes: Partial<ReleasedDigest>): ReleasedDigest {
  return {
    ...{ kind: 'list', repo: 'mirror', namedRepo: 'mirror', registry: 'mcr.example' },
    ...{ digest: LIST, tags: [], possibleTags: [], isUnchanged: false, ...changes },
  };
}

/** The tags that rows get from a source with these tags, and what the source was asked. */
async function tagged(
  rows: readonly ReleasedDigest[],
  source: Readonly<Record<string, Digest>>,
): Promise<{ readonly tags: readonly (readonly string[])[]; readonly asked: readonly string[] }> {
  const asked: string[] = [];
  const resolveTag = async (
    ...[repository, tag]: Parameters<typeof formatReference>
  ): Promise<Digest | undefined> => {
    const name = formatReference(repository, tag);
    asked.push(name);
    return Promise.resolve(source[name]);
  };
  const found = await withSyndicatedTags(rows, { location, registry: { resolveTag }, signal });
  return { tags: found.map(({ tags }) => tags), asked };
}

describe('PublishArtifacts withSyndicatedTags', () => {
  const possibleTags = ['1.0', '1.1', 'latest'];

  it('gives a list those shared tags that lead to it at the source', async () => {
    const { tags } = await tagged([row({ possibleTags })], {
      'build.example/b/mirror:latest': LIST,
      'build.example/b/mirror:1.0': LIST,
      'build.example/b/mirror:1.1': OTHER,
    });
    assert.deepEqual(tags, [['1.0', 'latest']]);
  });

  it('leaves a tag to what image-info gives it to, whatever the source has', async () => {
    const rows = [row({ possibleTags }), row({ digest: OTHER, tags: ['latest'] })];
    const source = { 'build.example/b/mirror:latest': LIST };
    assert.deepEqual((await tagged(rows, source)).tags, [[], ['latest']]);
  });

  it('asks nothing for what is not syndicated', async () => {
    const { asked } = await tagged([row({ repo: 'app', tags: ['1.0'] })], {});
    assert.deepEqual(asked, []);
  });
});
