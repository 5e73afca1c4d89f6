import assert from 'node:assert/strict';
import { thirdPartyNotices } from '../../../../scripts/shipped/notices.ts';
import { packageFolder, shippedPackages } from '../../../../scripts/shipped/packages.ts';
import { narrowed } from '../../../../scripts/shipped/sbom.ts';

describe('shipped packageFolder', () => {
  const cases = [
    ['node_modules/undici/lib/api.js', 'node_modules/undici'],
    ['node_modules/@azure/identity/dist/index.js', 'node_modules/@azure/identity'],
    ['node_modules/a/node_modules/@b/c/x.js', 'node_modules/a/node_modules/@b/c'],
    ['../elsewhere/node_modules/cborg/cborg.js', '../elsewhere/node_modules/cborg'],
    ['node_modules\\cborg\\cborg.js', 'node_modules/cborg'],
    ['shared/core/text.ts', undefined],
  ] as const;
  for (const [source, folder] of cases) {
    it(`takes ${source} for ${folder ?? 'our own'}`, () => {
      assert.equal(packageFolder(source), folder);
    });
  }
});

describe('shipped shippedPackages', () => {
  it('names each package once, with its licence', async () => {
    const packages = await shippedPackages([
      'node_modules/undici/index.js',
      'node_modules/cborg/cborg.js',
      'node_modules/undici/lib/api/api-request.js',
      'tasks/SignImageInfo/main.ts',
    ]);
    assert.deepEqual(
      packages.map(({ name, licence }) => [name, licence]),
      [
        ['cborg', 'Apache-2.0'],
        ['undici', 'MIT'],
      ],
    );
    const notices = thirdPartyNotices(packages);
    assert.match(notices, /code of 2 packages/);
    for (const { name, version, licenceText } of packages) {
      assert.ok(notices.includes(`${name} ${version} (`));
      assert.ok(notices.includes(licenceText.trim()));
    }
  });

  it('refuses a package that brings no text of its licence', async () => {
    await assert.rejects(shippedPackages(['node_modules/.bin/x.js']));
  });
});

describe('shipped narrowed', () => {
  const bill = {
    metadata: { component: { 'bom-ref': 'own@1.0.0', type: 'library', name: 'folder' } },
    components: [
      { 'bom-ref': 'a@1', name: 'a', version: '1' },
      { 'bom-ref': 'b@1', name: 'b', version: '1' },
      { 'bom-ref': 'b@2', name: 'b', version: '2' },
    ],
    dependencies: [
      { ref: 'own@1.0.0', dependsOn: ['a@1', 'b@2'] },
      { ref: 'a@1', dependsOn: ['b@1'] },
      { ref: 'b@1' },
      { ref: 'b@2', dependsOn: [] },
    ],
  };
  const ship = (name: string, version: string) => ({
    ...{ folder: `node_modules/${name}`, name, version },
    ...{ licence: 'MIT', licenceText: 'Free.' },
  });

  it('keeps the versions of which code is shipped, and what depends on them', () => {
    const narrow = JSON.parse(narrowed(bill, [ship('a', '1'), ship('b', '1')])) as typeof bill;
    assert.deepEqual(
      narrow.components.map((one) => one['bom-ref']),
      ['a@1', 'b@1'],
    );
    assert.deepEqual(narrow.dependencies, [
      { ref: 'own@1.0.0', dependsOn: ['a@1'] },
      { ref: 'a@1', dependsOn: ['b@1'] },
      { ref: 'b@1', dependsOn: [] },
    ]);
    assert.equal(narrow.metadata.component.name, 'container-image-release');
  });

  it('fails when a package is shipped that npm does not know', () => {
    assert.throws(() => narrowed(bill, [ship('a', '1'), ship('c', '1')]), /does not list all/);
  });

  it('gives the same bytes for the same content, and another number for other content', () => {
    const one = narrowed(bill, [ship('a', '1')]);
    assert.equal(one, narrowed(bill, [ship('a', '1')]));
    const serial = (text: string): string =>
      (JSON.parse(text) as { serialNumber: string }).serialNumber;
    assert.match(
      serial(one),
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    assert.notEqual(serial(one), serial(narrowed(bill, [ship('b', '2')])));
  });
});
