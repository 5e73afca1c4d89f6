import assert from 'node:assert/strict';
import { cloudOf, registryAudience } from '../../../shared/azure/clouds.ts';

describe('clouds cloudOf', () => {
  const clouds = [
    ['nothing', {}, 'https://login.microsoftonline.com https://management.azure.com'],
    [
      'the name of a cloud',
      { environment: 'AzureUSGovernment' },
      'https://login.microsoftonline.us https://management.usgovcloudapi.net',
    ],
    [
      'a registry of a cloud',
      { loginServer: 'r.azurecr.cn' },
      'https://login.partner.microsoftonline.cn https://management.chinacloudapi.cn',
    ],
    [
      'a registry with a name of its own',
      { loginServer: 'registry.example' },
      'https://login.microsoftonline.com https://management.azure.com',
    ],
    [
      'an authority, which comes before what is known',
      { environment: 'AzureCloud', authority: 'https://login.windows.net/' },
      'https://login.windows.net https://management.azure.com',
    ],
  ] as const;
  for (const [name, hints, expected] of clouds) {
    it(`knows the addresses by ${name}`, () => {
      const { authority, resourceManager } = cloudOf(hints);
      assert.equal(`${authority} ${resourceManager}`, expected);
    });
  }

  it('takes the slash from the end of an audience', () => {
    const hints = { resourceManagerAudience: 'https://management.core.windows.net/' };
    assert.equal(cloudOf(hints).resourceManagerAudience, 'https://management.core.windows.net');
  });
});

describe('clouds of registries', () => {
  const registries = [
    ['example.azurecr.io', 'https://containerregistry.azure.net'],
    ['example.azurecr.us', 'https://containerregistry.azure.us'],
    ['example.azurecr.cn', 'https://containerregistry.azure.cn'],
    ['azurecr.io.example', 'https://containerregistry.azure.net'],
  ] as const;
  for (const [registry, audience] of registries) {
    it(`tells whose ${registry} is`, () => {
      assert.equal(registryAudience(registry), audience);
    });
  }
});
