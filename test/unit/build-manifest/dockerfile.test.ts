import assert from 'node:assert/strict';
import {
  declaredPaths,
  dockerfilePaths,
  withCheckout,
} from '../../../shared/build-manifest/dockerfile.ts';
import { loaded, PLATFORM, withImages } from './samples.ts';

describe('build-manifest dockerfilePaths', () => {
  const paths = [
    { declared: 'src/noble/amd64', dockerfile: 'src/noble/amd64/Dockerfile' },
    { declared: 'src/noble/amd64/', dockerfile: 'src/noble/amd64/Dockerfile' },
    { declared: 'src\\noble', dockerfile: 'src/noble/Dockerfile' },
    { declared: 'src/Dockerfile', dockerfile: 'src/Dockerfile' },
    { declared: 'Dockerfile', dockerfile: 'Dockerfile' },
    { declared: 'src/Dockerfile.linux', dockerfile: 'src/Dockerfile.linux' },
    { declared: 'src/Dockerfile/app', dockerfile: 'src/Dockerfile/app/Dockerfile' },
    { declared: 'src/MyDockerfile', dockerfile: 'src/MyDockerfile/Dockerfile' },
  ] as const;
  for (const { declared, dockerfile } of paths) {
    it(`takes ${declared} for ${dockerfile}, and the other reading as a candidate`, () => {
      const result = dockerfilePaths(declared);
      assert.equal(result.dockerfile, dockerfile);
      const { declaredPath } = result;
      assert.deepEqual(
        new Set(result.dockerfileCandidates),
        new Set([declaredPath, `${declaredPath}/Dockerfile`]),
      );
      assert.equal(result.dockerfileCandidates[0], dockerfile);
    });
  }
});

describe('build-manifest withCheckout', () => {
  it('asks which declared paths are files', () => {
    const declared = ['src/a', 'src/Dockerfile', 'src/a/', 'src/b.docker'];
    const platforms = declared.map((dockerfile) => ({ ...PLATFORM, dockerfile }));
    const manifest = loaded(withImages({ platforms }));
    assert.deepEqual(declaredPaths(manifest), ['src/a', 'src/Dockerfile', 'src/b.docker']);
    const decided = withCheckout(manifest, new Set(['src/b.docker']));
    assert.deepEqual(
      decided.repos[0]?.images[0]?.platforms.map(
        ({ dockerfileCandidates }) => dockerfileCandidates,
      ),
      [['src/a/Dockerfile'], ['src/Dockerfile/Dockerfile'], ['src/a/Dockerfile'], ['src/b.docker']],
    );
  });
});
