import assert from 'node:assert/strict';
import { BugError } from '../../../shared/core/errors.ts';
import {
  checkedImageDigest,
  formatImageDigest,
  parseImageDigest,
  publicNameOf,
} from '../../../shared/image-info/image-digest.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('image-info parseImageDigest', () => {
  const accepted = [
    { text: `mcr.example/dotnet/app@${DIGEST}`, registry: 'mcr.example', repo: 'dotnet/app' },
    { text: `localhost:5000/app@${DIGEST}`, registry: 'localhost:5000', repo: 'app' },
    { text: `localhost/app@${DIGEST}`, registry: 'localhost', repo: 'app' },
    { text: `registry:5000/app@${DIGEST}`, registry: 'registry:5000', repo: 'app' },
    { text: `library/alpine@${DIGEST}`, registry: '', repo: 'library/alpine' },
    { text: `app@${DIGEST}`, registry: '', repo: 'app' },
  ] as const;
  for (const { text, registry, repo } of accepted) {
    it(`reads ${text.split('@', 1).join('')} and writes it again`, () => {
      const result = parseImageDigest(text, 'digest');
      assert.ok(result.ok);
      assert.deepEqual(result.value, { registry, repo, digest: DIGEST });
      assert.equal(formatImageDigest(result.value), text);
    });
  }

  const rejected = [
    { name: 'nothing', text: '' },
    { name: 'a digest alone', text: DIGEST },
    { name: 'a digest after nothing', text: `@${DIGEST}` },
    { name: 'a name without digest', text: 'mcr.example/app:1.0' },
    { name: 'an unknown algorithm', text: 'mcr.example/app@md5:00' },
    { name: 'a digest in upper case', text: `mcr.example/app@${DIGEST.toUpperCase()}` },
    { name: 'a tag before the digest', text: `mcr.example/app:1.0@${DIGEST}` },
    { name: 'a registry without repository', text: `mcr.example/@${DIGEST}` },
    { name: 'a repository in upper case', text: `mcr.example/App@${DIGEST}` },
    { name: 'a scheme', text: `https://mcr.example/app@${DIGEST}` },
  ];
  for (const { name, text } of rejected) {
    it(`rejects ${name}`, () => {
      const result = parseImageDigest(text, 'digest');
      assert.deepEqual(result.ok ? [] : result.problems.map(({ path }) => path), ['digest']);
    });
  }
});

describe('image-info publicNameOf', () => {
  it('begins with the registry where there is one', () => {
    assert.equal(publicNameOf({ registry: 'mcr.example', repo: 'a/b' }), 'mcr.example/a/b');
    assert.equal(publicNameOf({ registry: '', repo: 'a/b' }), 'a/b');
  });
});

describe('image-info checkedImageDigest', () => {
  it('calls text that was never checked our mistake', () => {
    assert.throws(() => checkedImageDigest(DIGEST), BugError);
  });
});
