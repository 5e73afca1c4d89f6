import assert from 'node:assert/strict';
import { TaskError } from '../../../shared/core/errors.ts';
import { LongListError } from '../../../shared/core/long-list.ts';
import { keepingLongLists } from '../../../shared/host/long-list.ts';
import { memoryFiles } from '../../support/memory-files.ts';

async function filesAfter(error: TaskError): Promise<readonly (readonly [string, unknown])[]> {
  const files = memoryFiles();
  const work = keepingLongLists('/out', files, async () => Promise.reject(error));
  await assert.rejects(work, error);
  return [...files.contents].map(([path, bytes]) => [path, JSON.parse(String(Buffer.from(bytes)))]);
}

describe('long-list keepingLongLists', () => {
  const failure = { code: 'CONTENT_NOT_FOUND', summary: 'missing', hint: 'push' } as const;

  it('writes the whole list of a message that is cut', async () => {
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`);
    const written = await filesAfter(new LongListError({ ...failure, lines }));
    assert.deepEqual(written, [['/out/problems.json', lines]]);
  });

  it('writes nothing for other failures', async () => {
    assert.deepEqual(await filesAfter(new LongListError({ ...failure, lines: ['one'] })), []);
    assert.deepEqual(await filesAfter(new TaskError('TAG_EXISTS', 'no')), []);
  });

  it('gives what the work gives', async () => {
    assert.equal(await keepingLongLists('/out', memoryFiles(), async () => Promise.resolve(5)), 5);
  });
});
