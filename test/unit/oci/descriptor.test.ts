import assert from 'node:assert/strict';
import type { JsonValue } from '../../../shared/core/json.ts';
import {
  formatPlatform,
  parseDescriptor,
  parsePlatform,
  samePlatform,
} from '../../../shared/oci/descriptor.ts';
import type { Platform } from '../../../shared/oci/descriptor.ts';
import { digestOf } from '../../../shared/oci/digest.ts';

const LEAST = { mediaType: 'a/b', digest: digestOf(Buffer.from('x')), size: 0 };

const WINDOWS = {
  architecture: 'amd64',
  os: 'windows',
  'os.version': '10.0.20348.1',
  'os.features': ['win32k'],
  variant: 'v1',
};

describe('descriptor parseDescriptor', () => {
  it('reads every member, and leaves out what it does not know', () => {
    const whole = {
      ...LEAST,
      artifactType: 'c/d',
      platform: WINDOWS,
      annotations: { key: 'value' },
      urls: ['https://a.example/b'],
      data: 'eA==',
    };
    const read = parseDescriptor({ ...whole, unknown: 1 }, '');
    assert.ok(read.ok);
    const { annotations, ...rest } = read.value;
    assert.deepEqual({ ...rest, annotations: { ...annotations } }, whole);
  });

  it('takes null, and text and lists of nothing, for absent', () => {
    const absent = { annotations: null, platform: null, urls: [], data: '', artifactType: null };
    assert.deepEqual(parseDescriptor({ ...LEAST, ...absent, urls: null }, ''), {
      ok: true,
      value: LEAST,
    });
    assert.deepEqual(parseDescriptor({ ...LEAST, ...absent }, ''), { ok: true, value: LEAST });
  });

  const many = Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [index, 'x']));
  const wrong: readonly { readonly member: string; readonly value: JsonValue; at?: string }[] = [
    { member: 'mediaType', value: 1 },
    { member: 'mediaType', value: 'x' },
    { member: 'digest', value: 1 },
    { member: 'size', value: '1' },
    { member: 'size', value: -1 },
    { member: 'artifactType', value: 1 },
    { member: 'data', value: {} },
    { member: 'annotations', value: 'x' },
    { member: 'annotations', value: { a: 1 } },
    { member: 'annotations', value: many },
    { member: 'urls', value: 'https://a.example/' },
    { member: 'urls', value: ['x', 1], at: 'urls[1]' },
    { member: 'platform', value: 'linux/amd64' },
    { member: 'platform', value: { os: 1 }, at: 'platform.os' },
    { member: 'platform', value: { architecture: 1 }, at: 'platform.architecture' },
    { member: 'platform', value: { variant: 1 }, at: 'platform.variant' },
  ];
  for (const { member, value, at = member } of wrong) {
    it(`S6 names ${at} where ${member} is ${JSON.stringify(value).slice(0, 30)}`, () => {
      const read = parseDescriptor({ ...LEAST, [member]: value }, '');
      assert.ok(!read.ok);
      assert.deepEqual(
        read.problems.map(({ path }) => path),
        [at],
      );
    });
  }

  it('S6 takes 10,000 annotations', () => {
    const annotations = Object.fromEntries(Object.entries(many).slice(1));
    assert.ok(parseDescriptor({ ...LEAST, annotations }, '').ok);
  });
});

describe('descriptor platforms', () => {
  it('C4 are kept as they are, and have empty text for what is not said', () => {
    assert.deepEqual(parsePlatform(WINDOWS, ''), { ok: true, value: WINDOWS });
    const none = { architecture: '', os: '' };
    assert.deepEqual(parsePlatform({ variant: '', 'os.features': [] }, ''), {
      ok: true,
      value: none,
    });
  });

  it('are written as users write them', () => {
    const arm: Platform = { os: 'linux', architecture: 'arm' };
    assert.deepEqual(
      [arm, { ...arm, variant: 'v7' }, WINDOWS].map((platform) => formatPlatform(platform)),
      ['linux/arm', 'linux/arm/v7', 'windows/amd64/v1 (10.0.20348.1)'],
    );
  });

  it('C5 are the same only when all members are', () => {
    const { 'os.features': features, ...plain } = WINDOWS;
    assert.ok(samePlatform(WINDOWS, { ...plain, 'os.features': [...features] }));
    assert.ok(samePlatform(plain, { ...plain, 'os.features': [] }));
    const others: readonly Platform[] = [
      plain,
      { ...WINDOWS, os: 'linux' },
      { ...WINDOWS, architecture: 'arm64' },
      { ...WINDOWS, variant: 'v2' },
      { ...WINDOWS, 'os.version': '10.0.20348.2' },
    ];
    for (const other of others) assert.ok(!samePlatform(WINDOWS, other), formatPlatform(other));
  });
});
