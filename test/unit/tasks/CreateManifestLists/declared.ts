import type { Inputs } from '../../../../tasks/CreateManifestLists/inputs.ts';

const LINUX = { os: 'linux', osVersion: 'noble' };

/** Platforms of the image `app`, as a build manifest declares them. */
export const PLATFORMS = {
  amd64: { ...LINUX, dockerfile: 'src/amd64', tags: { '1.0-amd64': {} } },
  arm64: {
    ...{ ...LINUX, dockerfile: 'src/arm64', architecture: 'arm64', variant: 'v8' },
    tags: { '1.0-arm64': {} },
  },
  arm: {
    ...{ ...LINUX, dockerfile: 'src/arm', architecture: 'arm', variant: 'v7' },
    tags: { '1.0-arm': {} },
  },
};

/** A build manifest for the small release, whose `latest` is also at `mirror/app`. */
export function manifestOf(...platforms: readonly object[]): object {
  const sharedTags = { '1.0': {}, latest: { syndication: { repo: 'mirror/app' } } };
  const probe = { ...LINUX, dockerfile: 'src/probe', tags: { '2.0': {} } };
  return {
    registry: 'mcr.example',
    repos: [
      { name: 'app', images: [{ sharedTags, platforms }] },
      { name: 'tools/probe', images: [{ platforms: [probe] }] },
    ],
  };
}

/** Inputs that name a build manifest. */
export const MANIFEST: Pick<Inputs, 'manifest'> = { manifest: '/working/manifest.json' };
