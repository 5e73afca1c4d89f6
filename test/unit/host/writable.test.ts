import assert from 'node:assert/strict';
import { writableIn } from '../../../shared/host/writable.ts';

describe('writable writableIn', () => {
  const place = (prefix: string, registry = 'r.io') => ({ location: { registry, prefix } });
  const cases = [
    { name: 'a repository of the target', repository: 'out/app', is: true },
    { name: 'a repository of the source', repository: 'out/build/app', is: false },
    { name: 'a name that only begins alike', repository: 'outer/app', is: false },
    { name: 'another registry', repository: 'out/app', registry: 'x.io', is: false },
    { name: 'a dry run', repository: 'out/app', dryRun: true, is: false },
  ];
  for (const { name, repository, registry = 'r.io', dryRun = false, is } of cases) {
    it(`A8 is ${is} for ${name}`, () => {
      const isWritable = writableIn({ read: [place('out/build')], write: [place('out')], dryRun });
      assert.equal(isWritable({ registry, name: repository }), is);
    });
  }

  it('A8 takes a place that is read and written for written', () => {
    const isWritable = writableIn({ read: [place('')], write: [place('')], dryRun: false });
    assert.equal(isWritable({ registry: 'r.io', name: 'app' }), true);
  });
});
