import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Parsed } from '../../../shared/core/result.ts';
import { digestOf } from '../../../shared/oci/digest.ts';
import {
  formatReference,
  parseReference,
  parseRegistryHost,
  parseRepositoryPrefix,
  parseTag,
  formatLocation,
  publicNameAt,
  repositoryAt,
} from '../../../shared/oci/reference.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

function valueOf<T>(result: Parsed<T>): T {
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

function assertProblem(result: Parsed<unknown>, path: string): void {
  assert.ok(!result.ok);
  assert.deepEqual([...new Set(result.problems.map((problem) => problem.path))], [path]);
}

describe('reference parseReference', () => {
  const accepted = [
    { text: 'example.azurecr.io/app', registry: 'example.azurecr.io', name: 'app' },
    { text: 'example.azurecr.io/a/b:1.0', registry: 'example.azurecr.io', name: 'a/b', tag: '1.0' },
    { text: `r.io/a@${DIGEST}`, registry: 'r.io', name: 'a', digest: DIGEST },
    { text: `r.io/a:1@${DIGEST}`, registry: 'r.io', name: 'a', tag: '1', digest: DIGEST },
    { text: 'localhost/a', registry: 'localhost', name: 'a' },
    { text: 'localhost:5000/a:1', registry: 'localhost:5000', name: 'a', tag: '1' },
    { text: 'host:5000/a', registry: 'host:5000', name: 'a' },
    { text: '[::1]:5000/a:1', registry: '[::1]:5000', name: 'a', tag: '1' },
    { text: 'host:65535/a', registry: 'host:65535', name: 'a' },
    { text: `r.io/${'a'.repeat(250)}`, registry: 'r.io', name: 'a'.repeat(250) },
    { text: 'HOST/a', registry: 'host', name: 'a' },
    { text: 'ubuntu', registry: 'docker.io', name: 'library/ubuntu' },
    { text: 'ubuntu:22.04', registry: 'docker.io', name: 'library/ubuntu', tag: '22.04' },
    { text: 'user/app', registry: 'docker.io', name: 'user/app' },
    { text: 'docker.io/ubuntu', registry: 'docker.io', name: 'library/ubuntu' },
    { text: 'index.docker.io/user/app', registry: 'docker.io', name: 'user/app' },
    { text: 'registry-1.docker.io/ubuntu', registry: 'docker.io', name: 'library/ubuntu' },
    { text: 'evildocker.io/ubuntu', registry: 'evildocker.io', name: 'ubuntu' },
    { text: 'https://r.io/a', registry: 'r.io', name: 'a' },
    { text: 'docker://r.io/a', registry: 'r.io', name: 'a' },
    { text: 'oci://r.io/a', registry: 'r.io', name: 'a' },
    { text: 'r.io/a__b/c-d.e--f', registry: 'r.io', name: 'a__b/c-d.e--f' },
  ];
  for (const { text, registry, name, ...rest } of accepted) {
    it(`reads ${text}`, () => {
      assert.deepEqual(valueOf(parseReference(text, 'image')), {
        repository: { registry, name },
        ...rest,
      });
    });
  }

  const rejected = [
    { name: 'nothing', text: '' },
    { name: 'a host alone', text: 'r.io/' },
    { name: 'an upper-case repository', text: 'r.io/App' },
    { name: 'an empty tag', text: 'r.io/a:' },
    { name: 'a tag that begins with a dot', text: 'r.io/a:.x' },
    { name: 'a tag that is too long', text: `r.io/a:${'x'.repeat(129)}` },
    { name: 'a short digest', text: 'r.io/a@sha256:abc' },
    { name: 'an unknown algorithm', text: `r.io/a@md5:${'a'.repeat(32)}` },
    { name: 'two digests', text: `r.io/a@${DIGEST}@${DIGEST}` },
    { name: 'user info', text: 'user:password@r.io/a' },
    { name: 'another scheme', text: 'http://r.io/a' },
    { name: 'a query', text: 'r.io/a?x=1' },
    { name: 'a fragment', text: 'r.io/a#x' },
    { name: 'a blank', text: 'r.io/a b' },
    { name: 'a way up', text: 'r.io/a/../b' },
    { name: 'an empty part', text: 'r.io/a//b' },
    { name: 'an encoded slash', text: 'r.io/a%2fb' },
    { name: 'a part that ends in a separator', text: 'r.io/a-/b' },
    { name: 'three underscores', text: 'r.io/a___b' },
    { name: 'a name that is too long', text: `r.io/${'a'.repeat(251)}` },
    { name: 'a port beyond all ports', text: 'r.io:65536/a' },
  ];
  for (const { name, text } of rejected) {
    it(`rejects ${name}`, () => {
      assertProblem(parseReference(text, 'inputs.image'), 'inputs.image');
    });
  }

  it('reads back what was formatted', () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,8}(?:[._-][a-z0-9]{1,8})?$/);
    const names = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    fc.assert(
      fc.property(names, fc.stringMatching(/^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,20}$/), (name, tag) => {
        const repository = { registry: 'r.io:443', name };
        const read = valueOf(parseReference(formatReference(repository, tag), 'x'));
        assert.deepEqual(read, { repository, tag });
      }),
    );
  });

  it('reads back what was formatted with a digest, and with a tag before it', () => {
    const parts = fc.record({
      registry: fc.constantFrom('r.io', 'localhost:5000', '[::1]:5000', 'a-b.example:1'),
      name: fc.constantFrom('a/app', 'a/b__c', 'a--b/c.d/e_f'),
      digest: fc.uint8Array().map((bytes) => digestOf(bytes)),
      tag: fc.constantFrom({}, { tag: '1.0' }),
    });
    fc.assert(
      fc.property(parts, ({ registry, name, digest, tag }) => {
        const before = 'tag' in tag ? `:${tag.tag}` : '';
        const read = valueOf(parseReference(`${registry}/${name}${before}@${digest}`, 'x'));
        assert.deepEqual(read, { repository: { registry, name }, digest, ...tag });
      }),
    );
  });

  it('never throws, and never lets a name out that could change a URL', () => {
    const piece = fc.constantFrom(
      ...['a', '0', 'B', '.', '..', '-', '_', '__', '/', '//', ':', ':1', ':99999', '@', '%2f'],
      ...[
        '?',
        '#',
        '\\',
        ' ',
        '\n',
        '\u0000',
        'é',
        '[',
        ']',
        '[::1]',
        '[:::]',
        '1.2.3.999',
        'localhost',
        'r.io',
      ],
      ...['https://', 'user@', DIGEST, `@${DIGEST}`],
    );
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 7 }), (pieces) => {
        const result = parseReference(pieces.join(''), 'x');
        if (!result.ok) return;
        accepted += 1;
        const { repository, tag } = result.value;
        const { registry, name } = repository;
        const isName = (text: string): boolean =>
          text.split('/').every((part) => /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*$/.test(part));
        assert.ok(isName(name), name);
        assert.ok(tag === undefined || /^[\w][\w.-]{0,127}$/.test(tag), tag);
        assert.ok(registry.length + 1 + name.length <= 255);
        const url = new URL(`https://${registry}/v2/${name}/manifests/${tag ?? 'x'}`);
        assert.equal(url.pathname, `/v2/${name}/manifests/${tag ?? 'x'}`);
        assert.deepEqual([url.username, url.search, url.hash], ['', '', '']);
      }),
      { numRuns: 3000 },
    );
    assert.ok(accepted > 50, `only ${accepted} of these texts are references`);
  });
});

describe('reference parseRegistryHost', () => {
  const accepted = [
    ['example.azurecr.io', 'example.azurecr.io'],
    ['https://example.azurecr.io/', 'example.azurecr.io'],
    ['Example.AzureCR.io', 'example.azurecr.io'],
    ['registry', 'registry'],
    ['localhost:5000', 'localhost:5000'],
    ['[::1]:5000', '[::1]:5000'],
    ['index.docker.io', 'docker.io'],
  ] as const;
  for (const [text, host] of accepted) {
    it(`reads ${text}`, () => {
      assert.equal(valueOf(parseRegistryHost(text, 'x')), host);
    });
  }

  const rejected = [
    '',
    'a.io/b',
    'user@a.io',
    'a..io',
    '..',
    'a.io:0',
    'a.io:99999',
    '[:::]',
    '1.2.3.999',
    'ftp://a.io',
    'a b',
    '-a.io',
  ];
  it('does not repeat a password that was pasted with the host', () => {
    const result = parseRegistryHost('https://user:secret@r.example', 'registry');
    assert.ok(!result.ok);
    assert.ok(!JSON.stringify(result.problems).includes('secret'));
  });

  for (const text of rejected) {
    it(`rejects ${JSON.stringify(text)}`, () => {
      assertProblem(parseRegistryHost(text, 'inputs.registry'), 'inputs.registry');
    });
  }
});

describe('reference parseRepositoryPrefix', () => {
  for (const text of ['a/b', 'a/b/', '/a/b/', '/a/b']) {
    it(`reads ${text} as a/b`, () => {
      assert.equal(valueOf(parseRepositoryPrefix(text, 'x')), 'a/b');
    });
  }

  it('takes nothing and a slash for no prefix', () => {
    for (const text of ['', '/']) assert.equal(valueOf(parseRepositoryPrefix(text, 'x')), '');
  });

  for (const text of ['A', 'a//b', '../a', 'a:1', '//a', 'a b']) {
    it(`rejects ${text}`, () => {
      assertProblem(parseRepositoryPrefix(text, 'prefix'), 'prefix');
    });
  }
});

describe('reference parseTag', () => {
  for (const text of ['1', 'latest', '_x', '9.0-alpine', 'x'.repeat(128)]) {
    it(`accepts ${text.slice(0, 20)}`, () => {
      assert.equal(valueOf(parseTag(text, 'x')), text);
    });
  }
  for (const text of ['', '-x', '.x', 'a/b', 'a:b', 'x'.repeat(129), 'ä']) {
    it(`rejects ${JSON.stringify(text.slice(0, 20))}`, () => {
      assertProblem(parseTag(text, 'tag'), 'tag');
    });
  }
});

describe('reference publicNameAt', () => {
  for (const prefix of ['build/1', '']) {
    it(`takes back what repositoryAt did with the prefix '${prefix}'`, () => {
      const location = { registry: 'r.io', prefix };
      assert.equal(publicNameAt(location, repositoryAt(location, 'a/b')), 'a/b');
    });
  }
});

describe('reference formatLocation', () => {
  it('has no slash where there is no prefix', () => {
    assert.equal(formatLocation({ registry: 'r.io', prefix: 'build/1' }), 'r.io/build/1');
    assert.equal(formatLocation({ registry: 'r.io', prefix: '' }), 'r.io');
  });
});

describe('reference repositoryAt', () => {
  it('puts the prefix before the public name, when there is one', () => {
    assert.equal(repositoryAt({ registry: 'r.io', prefix: 'build/1' }, 'a/b').name, 'build/1/a/b');
    assert.equal(repositoryAt({ registry: 'r.io', prefix: '' }, 'a/b').name, 'a/b');
  });
});
