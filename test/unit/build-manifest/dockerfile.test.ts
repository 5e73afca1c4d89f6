import assert from 'node:assert/strict';
import {
  dockerfileCandidates,
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
  const declared = ['src/a', 'src/Dockerfile', 'src/a/', 'src/b.docker', 'src/gone'];
  const platforms = declared.map((dockerfile) => ({ ...PLATFORM, dockerfile }));
  const manifest = loaded(withImages({ platforms }));

  it('asks for both readings of each path, once', () => {
    assert.deepEqual(dockerfileCandidates(manifest), [
      'src/a/Dockerfile',
      'src/a',
      'src/Dockerfile',
      'src/Dockerfile/Dockerfile',
      'src/b.docker/Dockerfile',
      'src/b.docker',
      'src/gone/Dockerfile',
      'src/gone',
    ]);
  });

  it('takes the reading that is a file, and leaves open what is not there', () => {
    const files = ['src/a/Dockerfile', 'src/Dockerfile/Dockerfile', 'src/b.docker'];
    const decided = withCheckout(manifest, new Set(files));
    assert.deepEqual(
      decided.repos[0]?.images[0]?.platforms.map((platform) => platform.dockerfileCandidates),
      [
        ['src/a/Dockerfile'],
        ['src/Dockerfile/Dockerfile'],
        ['src/a/Dockerfile'],
        ['src/b.docker'],
        ['src/gone/Dockerfile', 'src/gone'],
      ],
    );
  });

  it('prefers the declared path where both are files', () => {
    const files = ['src/a', 'src/a/Dockerfile'];
    const [platform] = withCheckout(manifest, new Set(files)).repos[0]?.images[0]?.platforms ?? [];
    assert.equal(platform?.dockerfile, 'src/a');
  });
});
