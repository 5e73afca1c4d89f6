import assert from 'node:assert/strict';
import { platformOfConfig } from '../../../shared/oci/image-config.ts';

describe('image-config platformOfConfig', () => {
  const accepted = [
    { name: 'Linux', config: { os: 'linux', architecture: 'amd64' } },
    { name: 'a variant', config: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
    {
      name: 'Windows',
      config: {
        os: 'windows',
        architecture: 'amd64',
        'os.version': '10.0.1',
        'os.features': ['win32k'],
      },
    },
  ];
  for (const { name, config } of accepted) {
    it(`keeps the fields of ${name} as they are`, () => {
      const bytes = Buffer.from(JSON.stringify({ ...config, rootfs: {}, history: [] }));
      assert.deepEqual(platformOfConfig(bytes), { ok: true, value: config });
    });
  }

  it('leaves empty fields out', () => {
    const config = {
      os: 'linux',
      architecture: 'arm',
      variant: '',
      'os.version': '',
      'os.features': [],
    };
    assert.deepEqual(platformOfConfig(Buffer.from(JSON.stringify(config))), {
      ok: true,
      value: { os: 'linux', architecture: 'arm' },
    });
  });

  const rejected = [
    { name: 'no JSON', text: '<', paths: [''] },
    { name: 'a list', text: '[]', paths: [''] },
    { name: 'no platform', text: '{}', paths: ['os', 'architecture'] },
    { name: 'no architecture', text: '{"os":"linux","architecture":""}', paths: ['architecture'] },
    {
      name: 'features that are not text',
      text: '{"os":"l","architecture":"a","os.features":[1]}',
      paths: ['os.features[0]'],
    },
  ];
  for (const { name, text, paths } of rejected) {
    it(`rejects a config with ${name}`, () => {
      const result = platformOfConfig(Buffer.from(text));
      assert.ok(!result.ok);
      assert.deepEqual(
        result.problems.map(({ path }) => path),
        paths,
      );
    });
  }
});
