import assert from 'node:assert/strict';
import type { Descriptor, Platform } from '../../../shared/oci/descriptor.ts';
import { digestOf } from '../../../shared/oci/digest.ts';
import { buildIndex } from '../../../shared/oci/index-document.ts';
import { MediaType } from '../../../shared/oci/media-types.ts';

function entry(
  name: string,
  platform: Platform,
  mediaType: string = MediaType.dockerManifest,
): Descriptor {
  return { mediaType, digest: digestOf(Buffer.from(name)), size: 527, platform };
}

const LINUX = entry('linux', { os: 'linux', architecture: 'amd64' });
const ARM = entry('arm', { variant: 'v7', os: 'linux', architecture: 'arm' });
const WINDOWS = entry('windows', {
  os: 'windows',
  architecture: 'amd64',
  'os.version': '10.0.20348.1',
  'os.features': ['win32k'],
});
const OCI = entry('oci', { os: 'linux', architecture: 'arm64' }, MediaType.ociManifest);

describe('index-document buildIndex', () => {
  it('writes the bytes that the docker CLI writes', () => {
    const { bytes, descriptor } = buildIndex({ entries: [WINDOWS, ARM], mediaType: 'auto' });
    const expected = `{
   "schemaVersion": 2,
   "mediaType": "application/vnd.docker.distribution.manifest.list.v2+json",
   "manifests": [
      {
         "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
         "size": 527,
         "digest": "${WINDOWS.digest}",
         "platform": {
            "architecture": "amd64",
            "os": "windows",
            "os.version": "10.0.20348.1",
            "os.features": [
               "win32k"
            ]
         }
      },
      {
         "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
         "size": 527,
         "digest": "${ARM.digest}",
         "platform": {
            "architecture": "arm",
            "os": "linux",
            "variant": "v7"
         }
      }
   ]
}`;
    assert.equal(Buffer.from(bytes).toString(), expected);
    assert.equal(descriptor.digest, digestOf(Buffer.from(expected)));
    assert.equal(descriptor.size, Buffer.byteLength(expected));
    assert.equal(descriptor.mediaType, MediaType.dockerList);
  });

  it('writes annotations of entries last and sorted', () => {
    const attestation = { ...OCI, annotations: { b: '2', a: '1' } };
    const { bytes } = buildIndex({ entries: [attestation], mediaType: 'auto' });
    const { manifests } = JSON.parse(Buffer.from(bytes).toString()) as { manifests: object[] };
    const keys = ['mediaType', 'size', 'digest', 'platform', 'annotations'];
    assert.deepEqual(Object.keys(manifests[0] ?? {}), keys);
    assert.ok(JSON.stringify(manifests[0]).endsWith('"annotations":{"a":"1","b":"2"}}'));
  });

  const forms = [
    { name: 'Docker entries', entries: [LINUX], mediaType: 'auto', is: MediaType.dockerList },
    { name: 'an OCI entry', entries: [LINUX, OCI], mediaType: 'auto', is: MediaType.ociIndex },
    { name: 'Docker entries as OCI', entries: [LINUX], mediaType: 'oci', is: MediaType.ociIndex },
    {
      name: 'Docker entries as Docker',
      entries: [LINUX],
      mediaType: 'docker',
      is: MediaType.dockerList,
    },
  ] as const;
  for (const { name, entries, mediaType, is } of forms) {
    it(`gives ${is} for ${name}`, () => {
      assert.equal(buildIndex({ entries, mediaType }).descriptor.mediaType, is);
    });
  }

  it('puts annotations last and in order, and then is an OCI index', () => {
    const { bytes, descriptor } = buildIndex({
      entries: [LINUX],
      mediaType: 'auto',
      annotations: { b: '2', a: '1' },
    });
    assert.equal(descriptor.mediaType, MediaType.ociIndex);
    assert.match(
      Buffer.from(bytes).toString(),
      /\],\n {3}"annotations": \{\n {6}"a": "1",\n {6}"b": "2"\n {3}\}\n\}$/,
    );
  });

  it('does not depend on the order of annotations', () => {
    const digest = (annotations: Readonly<Record<string, string>>): string =>
      buildIndex({ entries: [LINUX], mediaType: 'auto', annotations }).descriptor.digest;
    assert.equal(digest({ a: '1', b: '2' }), digest({ b: '2', a: '1' }));
  });

  it('writes annotations 10, 9 and a in this order, not by number', () => {
    const annotations = { '9': 'y', a: 'z', '10': 'x' };
    const entry = { ...OCI, annotations };
    const { bytes } = buildIndex({ entries: [entry], mediaType: 'auto', annotations });
    const members = (indent: string): string =>
      `"annotations": {\n${indent}   "10": "x",\n${indent}   "9": "y",\n${indent}   "a": "z"\n${indent}}`;
    const text = Buffer.from(bytes).toString();
    assert.ok(text.endsWith(`],\n   ${members('   ')}\n}`), text);
    assert.ok(text.includes(`},\n         ${members('         ')}\n      }`), text);
  });

  it('keeps the order of entries and lists each digest once', () => {
    const { bytes } = buildIndex({ entries: [ARM, LINUX, ARM], mediaType: 'auto' });
    const { manifests } = JSON.parse(Buffer.from(bytes).toString()) as {
      manifests: readonly Descriptor[];
    };
    assert.deepEqual(
      manifests.map(({ digest }) => digest),
      [ARM.digest, LINUX.digest],
    );
  });

  const refused = [
    { name: 'an OCI entry', request: { entries: [LINUX, OCI] } },
    { name: 'annotations', request: { entries: [LINUX], annotations: { a: '1' } } },
  ];
  for (const { name, request } of refused) {
    it(`refuses a Docker list with ${name}`, () => {
      assert.throws(() => buildIndex({ ...request, mediaType: 'docker' }), {
        code: 'INPUT_INVALID',
        message: /^A Docker manifest list is not possible/,
      });
    });
  }

  it('takes an index without entries for our own mistake', () => {
    assert.throws(() => buildIndex({ entries: [], mediaType: 'auto' }), { name: 'BugError' });
  });
});
