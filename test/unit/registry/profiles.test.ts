import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { STANDARD_PROFILE, profileOf } from '../../../shared/registry/profiles.ts';
import type { RegistryProfile } from '../../../shared/registry/profiles.ts';

describe('profiles profileOf', () => {
  const known = [
    {
      name: 'Azure Container Registry',
      hosts: ['mine.azurecr.io', 'Mine.azurecr.cn', 'a.westeurope.data.azurecr.io'],
    },
    { name: 'Docker Hub', hosts: ['docker.io'] },
    { name: 'GitHub Container Registry', hosts: ['ghcr.io'] },
    {
      name: 'Amazon ECR',
      hosts: ['123456789012.dkr.ecr.eu-west-1.amazonaws.com', 'public.ecr.aws'],
    },
    { name: 'Google Artifact Registry', hosts: ['europe-west1-docker.pkg.dev', 'eu.gcr.io'] },
    { name: 'Harbor', hosts: ['demo.goharbor.io', 'harbor.example.com:8443'] },
    { name: 'Quay', hosts: ['quay.io'] },
    { name: 'GitLab', hosts: ['registry.gitlab.com'] },
    { name: 'Artifactory', hosts: ['team.jfrog.io', 'artifactory.example.com'] },
    { name: 'Microsoft Artifact Registry', hosts: ['mcr.microsoft.com'] },
  ] as const;
  for (const { name, hosts } of known) {
    for (const host of hosts) {
      it(`knows ${host} as ${name}`, () => {
        assert.equal(profileOf(host).name, name);
      });
    }
  }

  const unknown = [
    'localhost:5000',
    'azurecr.io',
    'mine.azurecr.io.example.com',
    'evilazurecr.io',
    'evildocker.io',
    'docker.io.example.com',
    'evilregistry.gitlab.com',
    'registry.gitlab.com.example.com',
    'evilghcr.io',
    'ghcr.io.example.com',
    'evilquay.io',
    'eviljfrog.io',
    'team.jfrog.io.example.com',
    'evilmcr.microsoft.com',
    'europe-docker.pkg.dev.example.com',
    'public.ecr.aws.example.com',
    'evil.public.ecr.aws',
    'mcr.microsoft.com.example.com',
    '12.dkr.ecr.eu-west-1.amazonaws.com',
  ];
  for (const host of unknown) {
    it(`takes ${host} for a standard registry`, () => {
      assert.equal(profileOf(host), STANDARD_PROFILE);
    });
  }

  const all: readonly string[] = known.flatMap<string>(({ hosts }) => hosts);
  const peculiar: readonly {
    readonly name: string;
    readonly of: keyof RegistryProfile;
    readonly is: unknown;
    readonly names: readonly string[];
  }[] = [
    {
      name: 'A19 knows where Azure Container Registry issues tokens',
      of: 'tokenPath',
      is: '/oauth2/token',
      names: [known[0].name],
    },
    {
      name: 'R5 reaches Docker Hub at another host than it is called by',
      of: 'apiHost',
      is: 'registry-1.docker.io',
      names: ['Docker Hub'],
    },
    {
      name: 'S2 tells the login server of Docker Hub its credentials',
      of: 'tokenHosts',
      is: ['auth.docker.io'],
      names: ['Docker Hub'],
    },
    {
      name: 'S2 tells the login server of GitLab its credentials',
      of: 'tokenHosts',
      is: ['gitlab.com'],
      names: ['GitLab'],
    },
    {
      name: 'X9 limits the referrers of Azure Container Registry only',
      of: 'referrersPerMinute',
      is: 250,
      names: [known[0].name],
    },
    {
      name: 'M12 looks first where a tag may be locked',
      ...{ of: 'immutableTags', is: true },
      names: ['Amazon ECR', 'Google Artifact Registry', 'Harbor'],
    },
    {
      name: 'M11 asks Amazon ECR whether it lists what it says',
      of: 'subjectHeaderIsProof',
      is: false,
      names: ['Amazon ECR'],
    },
    {
      name: 'M13 takes 403 for absent at Artifactory only',
      of: 'deniesMissingTags',
      is: true,
      names: ['Artifactory'],
    },
    {
      name: 'U6 mounts nothing from other repositories of a registry to read from',
      ...{ of: 'mountsAcross', is: false },
      names: ['Microsoft Artifact Registry'],
    },
    {
      name: 'U8 begins no upload to find out what a registry to read from has',
      ...{ of: 'mountsFromItself', is: false },
      names: ['Microsoft Artifact Registry'],
    },
    {
      name: 'M10 expects of no registry that it takes several tags at once',
      of: 'takesTags',
      is: true,
      names: [],
    },
  ];
  for (const { name, of, is, names } of peculiar) {
    it(name, () => {
      const found = all
        .map((host) => profileOf(host))
        .filter((row) => isDeepStrictEqual(row[of], is));
      assert.deepEqual([...new Set(found.map((row) => row.name))].sort(), [...names].sort());
      assert.notDeepEqual(STANDARD_PROFILE[of], is);
    });
  }

  it('X10 spares the writes of Azure Container Registry only', () => {
    const sparing = all.filter((host) => profileOf(host).writesAreScarce);
    assert.deepEqual(
      new Set(sparing.map((host) => profileOf(host).name)),
      new Set([known[0].name]),
    );
  });

  it('U11 sends blobs to Amazon ECR in one piece only', () => {
    const whole = all.filter((host) => !profileOf(host).chunkedUploads);
    assert.deepEqual(
      new Set(whole.map((host) => profileOf(host).name)),
      new Set(['Amazon ECR', 'Google Artifact Registry']),
    );
  });
});
