import assert from 'node:assert/strict';
import fc from 'fast-check';
import { strToU8, zipSync } from 'fflate';
import { unzip } from '../../../shared/azure/unzip.ts';
import { TaskError } from '../../../shared/core/errors.ts';

const ALL = (): boolean => true;

/** An archive of one file, with bytes of it exchanged. */
function changed(change: (archive: Buffer) => void, level: 0 | 9 = 9): Uint8Array {
  const archive = Buffer.from(zipSync({ 'a/a.json': strToU8('{"a":1}') }, { level }));
  change(archive);
  return archive;
}

/** Makes the n-th file of an archive say that it has a size. */
function claimSize(archive: Buffer, size: number, count = 1): void {
  let at = 0;
  for (let number = 0; number < count; number += 1) {
    at = archive.indexOf('PK\x01\x02', at + 1, 'latin1');
    archive.writeUInt32LE(size, at + 24);
  }
}

/** Where the central directory begins. */
function directoryOf(archive: Buffer): number {
  return archive.indexOf('PK\x01\x02', 0, 'latin1');
}

describe('unzip', () => {
  const refuses = async (archive: Uint8Array, reason: RegExp): Promise<void> => {
    await assert.rejects(unzip(archive, ALL, 'The artifact a'), (error: unknown) => {
      assert.ok(error instanceof TaskError && error.code === 'ARTIFACT_INVALID');
      assert.match(error.message, /^The artifact a cannot be unpacked: /);
      assert.match(error.message, reason);
      return true;
    });
  };

  for (const level of [0, 9] as const) {
    it(`gives the wanted files of an archive packed at level ${level}`, async () => {
      const content = {
        'a/b/one.json': strToU8('{}'),
        'a/two.bin': strToU8('x'),
        'a/e/': strToU8(''),
      };
      const files = await unzip(zipSync(content, { level }), (name) => name.endsWith('.json'), '');
      assert.deepEqual(
        files.map(({ name, bytes }) => [name, Buffer.from(bytes).toString()]),
        [['a/b/one.json', '{}']],
      );
    });
  }

  it('gives nothing for an empty archive', async () => {
    assert.deepEqual(await unzip(zipSync({}), ALL, ''), []);
  });

  for (const name of [
    '../a.json',
    'a/../../b.json',
    '/etc/a.json',
    'C:/a.json',
    'a\\..\\..\\b.json',
  ]) {
    it(`does not leave its folder for ${name}`, async () => {
      await refuses(zipSync({ [name]: strToU8('{}') }), /relative path|absolute path|is called/);
    });
  }

  it('refuses a name that a file system takes for a stream', async () => {
    await refuses(zipSync({ 'a/b.json:c': strToU8('{}') }), /is called/);
  });

  it('refuses what is no archive', async () => {
    await refuses(strToU8('<html>Sign in</html>'), /./);
  });

  it('refuses an archive that was cut off', async () => {
    await refuses(changed(() => undefined).subarray(0, 60), /./);
  });

  it('refuses a file that is not what its check sum says', async () => {
    const archive = changed((bytes) => bytes.write('b', bytes.indexOf('"a"') + 1), 0);
    await refuses(archive, /a\/a\.json is damaged/);
  });

  it('refuses a file that says that it is smaller than it is', async () => {
    const bomb = Buffer.from(zipSync({ 'a.json': new Uint8Array(1_000_000) }, { level: 9 }));
    claimSize(bomb, 10);
    await refuses(bomb, /too many bytes/);
  });

  it('refuses a file that says that it is larger than may be', async () => {
    const archive = changed((bytes) => {
      claimSize(bytes, 0x7fffffff);
    });
    await refuses(archive, /a\/a\.json is larger than 64 MiB/);
  });

  it('refuses more than files may have together, before it unpacks any', async () => {
    const names = ['1.json', '2.json', '3.json', '4.json', '5.json'];
    const content = Object.fromEntries(names.map((name) => [name, strToU8('{}')]));
    const archive = Buffer.from(zipSync(content, { level: 9 }));
    claimSize(archive, 60 * 1024 * 1024, names.length);
    await refuses(archive, /larger than 256 MiB together/);
  });

  it('refuses an archive of too many files', async () => {
    const names = Array.from({ length: 20_001 }, (_, index) => `${index}.json`);
    await refuses(
      zipSync(Object.fromEntries(names.map((name) => [name, strToU8('')]))),
      /20001 files/,
    );
  });

  it('refuses an encrypted file', async () => {
    const archive = changed((bytes) => {
      bytes.writeUInt16LE(1, directoryOf(bytes) + 8);
    });
    await refuses(archive, /encrypted/);
  });

  it('takes no damaged archive for a good one, wherever the damage is', async () => {
    const content = JSON.stringify({ images: Array.from({ length: 40 }, (_, index) => index) });
    const archive = Buffer.from(zipSync({ 'a/a.json': strToU8(content) }, { level: 9 }));
    const damages = fc.array(fc.tuple(fc.nat(archive.length - 1), fc.nat(255)), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(damages, async (bytes) => {
        const damaged = Buffer.from(archive);
        for (const [at, value] of bytes) damaged[at] = value;
        try {
          for (const file of await unzip(damaged, ALL, 'The artifact a')) {
            assert.equal(Buffer.from(file.bytes).toString(), content);
          }
        } catch (error) {
          assert.ok(error instanceof TaskError && error.code === 'ARTIFACT_INVALID');
        }
      }),
      { numRuns: 300 },
    );
  });
});
