import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parsed } from '../../../shared/core/result.ts';
import {
  attemptIn,
  attemptName,
  matchesPattern,
  parseArtifactName,
} from '../../../shared/image-info/artifact-names.ts';

describe('artifact-names attemptName', () => {
  const cases = [
    { name: 'image-info', stage: 1, job: 1, becomes: 'image-info' },
    { name: 'image-info', stage: 2, job: 1, becomes: 'image-info-2' },
    { name: 'image-info', stage: 1, job: 2, becomes: 'image-info-2' },
    { name: 'image-info', stage: 3, job: 2, becomes: 'image-info-3' },
    { name: 'image-info', stage: 10, job: 10, becomes: 'image-info-10' },
    { name: 'image-info-2', stage: 2, job: 2, becomes: 'image-info-2' },
    { name: 'image-info-2', stage: 3, job: 2, becomes: 'image-info-2' },
    { name: 'image-info-3', stage: 3, job: 2, becomes: 'image-info-3' },
    { name: 'jdk-17', stage: 2, job: 1, becomes: 'jdk-17-2' },
    { name: 'jdk-17', stage: 1, job: 1, becomes: 'jdk-17' },
  ];
  for (const { name, stage, job, becomes } of cases) {
    it(`calls ${name} of attempt ${job} in attempt ${stage} of the stage ${becomes}`, () => {
      assert.equal(attemptName(name, { stage, job }), becomes);
    });
  }

  it('gives each attempt of a stage another name, the later one with the higher number', () => {
    const attempts = fc.integer({ min: 1, max: 998 });
    fc.assert(
      fc.property(attempts, fc.nat(), (stage, seed) => {
        const job = 1 + (seed % stage);
        const now = attemptIn(attemptName('image-info', { stage, job }), 'image-info') ?? -1;
        const later = attemptName('image-info', { stage: stage + 1, job: job + 1 });
        assert.ok(now < (attemptIn(later, 'image-info') ?? -1));
      }),
    );
  });
});

describe('artifact-names attemptIn', () => {
  const cases = [
    { name: 'image-info', attempt: 0 },
    { name: 'Image-Info', attempt: 0 },
    { name: 'image-info-1', attempt: 1 },
    { name: 'image-info-9', attempt: 9 },
    { name: 'image-info-10', attempt: 10 },
    { name: 'image-info-999', attempt: 999 },
    { name: 'image-info-0', attempt: undefined },
    { name: 'image-info-01', attempt: undefined },
    { name: 'image-info-2022', attempt: undefined },
    { name: 'image-info-signed', attempt: undefined },
    { name: 'image-info-signed-2', attempt: undefined },
    { name: 'image-inf', attempt: undefined },
    { name: 'my-image-info', attempt: undefined },
    { name: 'other-info-2', attempt: undefined },
    { name: 'IMAGE-INFO-2', attempt: 2 },
  ];
  for (const { name, attempt } of cases) {
    it(`takes ${name} for ${attempt === undefined ? 'another artifact' : `attempt ${attempt}`}`, () => {
      assert.equal(attemptIn(name, 'image-info'), attempt);
    });
  }
});

describe('artifact-names attemptIn of a name with capitals', () => {
  for (const [name, attempt] of [
    ['release-info', 0],
    ['release-info-2', 2],
    ['RELEASE-INFO-3', 3],
  ] as const) {
    it(`takes ${name} for attempt ${attempt}`, () => {
      assert.equal(attemptIn(name, 'Release-Info'), attempt);
    });
  }
});

describe('artifact-names matchesPattern', () => {
  const cases = [
    { pattern: '*-image-info-*', name: 'linux-amd64-image-info-1', matches: true },
    { pattern: '*-image-info-*', name: 'image-info-1', matches: false },
    { pattern: '*-image-info-*', name: 'Linux-Image-Info-1', matches: true },
    { pattern: '*', name: 'anything (at) all', matches: true },
    { pattern: 'image-info', name: 'image-info-2', matches: false },
    { pattern: 'leg-?', name: 'leg-1', matches: true },
    { pattern: 'leg-?', name: 'leg-10', matches: false },
    { pattern: 'a.b', name: 'axb', matches: false },
    { pattern: 'c++', name: 'c++', matches: true },
    { pattern: '(a)[b]', name: '(a)[b]', matches: true },
  ];
  for (const { pattern, name, matches } of cases) {
    it(`says that ${pattern} ${matches ? 'describes' : 'does not describe'} ${name}`, () => {
      assert.equal(matchesPattern(name, pattern), matches);
    });
  }
});

describe('artifact-names parseArtifactName', () => {
  for (const text of ['image-info', 'image info (final)', 'a.b_c']) {
    it(`takes ${text}`, () => {
      assert.deepEqual(parseArtifactName('artifactName', text), parsed(text));
    });
  }

  for (const text of ['a/b', 'a\\b', 'a:b', 'a*', 'a\tb', '$(never.set)']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      const name = parseArtifactName('artifactName', text);
      assert.deepEqual(name.ok ? [] : name.problems.map(({ path }) => path), ['artifactName']);
    });
  }

  it('takes nothing for no upload', () => {
    assert.deepEqual(parseArtifactName('artifactName', ''), parsed(undefined));
  });
});
