import assert from 'node:assert/strict';
import { STANDARD_PROFILE, profileOf } from '../../../shared/registry/profiles.ts';

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
    'mcr.microsoft.com.example.com',
    '12.dkr.ecr.eu-west-1.amazonaws.com',
  ];
  for (const host of unknown) {
    it(`takes ${host} for a standard registry`, () => {
      assert.equal(profileOf(host), STANDARD_PROFILE);
    });
  }

  it('X9 limits the referrers of Azure Container Registry only', () => {
    assert.equal(profileOf('mine.azurecr.io').referrersPerMinute, 250);
    assert.equal(profileOf('ghcr.io').referrersPerMinute, undefined);
  });

  it('X10 spares the writes of Azure Container Registry only', () => {
    assert.equal(profileOf('mine.azurecr.io').writesAreScarce, true);
    assert.equal(STANDARD_PROFILE.writesAreScarce, false);
  });

  it('U11 sends blobs to Amazon ECR in one piece only', () => {
    assert.equal(profileOf('123456789012.dkr.ecr.us-east-1.amazonaws.com').chunkedUploads, false);
    assert.equal(STANDARD_PROFILE.chunkedUploads, true);
  });
});
