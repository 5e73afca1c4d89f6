import assert from 'node:assert/strict';
import type { HandOverReader } from '../../shared/ports/artifacts.ts';

/** A hand-over by files: there are no artifacts. */
export const fileHandOver: HandOverReader = {
  imageInfo: async (source) => {
    assert.ok(source.kind === 'file', 'there are no artifacts here');
    return Promise.resolve(source.path);
  },
  fragments: async () => Promise.resolve([]),
  earlierAttempt: async () => Promise.resolve(undefined),
};
