import type { AzureCloud } from '../ports/azure.ts';

/** What a service connection says about its cloud; what it leaves out is known of the cloud. */
export interface CloudHints {
  /** `AzureCloud`, `AzureUSGovernment`, `AzureChinaCloud`, or a private one such as `AzureStack`. */
  readonly environment?: string | undefined;
  readonly authority?: string | undefined;
  readonly resourceManager?: string | undefined;
  readonly resourceManagerAudience?: string | undefined;
  /** A registry in this cloud, e.g. `example.azurecr.cn`. */
  readonly loginServer?: string | undefined;
}

interface KnownCloud extends AzureCloud {
  readonly environment: string;
  /** How names of registries end. */
  readonly registrySuffix: string;
  /** The audience that all registries accept, also those that refuse tokens for Azure Resource Manager. */
  readonly registryAudience: string;
}

const PUBLIC: KnownCloud = {
  environment: 'azurecloud',
  authority: 'https://login.microsoftonline.com',
  resourceManager: 'https://management.azure.com',
  resourceManagerAudience: 'https://management.azure.com',
  registrySuffix: '.azurecr.io',
  registryAudience: 'https://containerregistry.azure.net',
};

/** @see https://learn.microsoft.com/azure/azure-government/compare-azure-government-global-azure#guidance-for-developers */
const CLOUDS: readonly KnownCloud[] = [
  PUBLIC,
  {
    environment: 'azureusgovernment',
    authority: 'https://login.microsoftonline.us',
    resourceManager: 'https://management.usgovcloudapi.net',
    resourceManagerAudience: 'https://management.usgovcloudapi.net',
    registrySuffix: '.azurecr.us',
    registryAudience: 'https://containerregistry.azure.us',
  },
  {
    environment: 'azurechinacloud',
    authority: 'https://login.partner.microsoftonline.cn',
    resourceManager: 'https://management.chinacloudapi.cn',
    resourceManagerAudience: 'https://management.chinacloudapi.cn',
    registrySuffix: '.azurecr.cn',
    registryAudience: 'https://containerregistry.azure.cn',
  },
];

/** The cloud of a connection: what it says itself comes first, as private clouds are known to nobody else. */
export function cloudOf(hints: CloudHints): AzureCloud {
  const environment = hints.environment?.toLowerCase();
  const known =
    CLOUDS.find((cloud) => cloud.environment === environment) ??
    registryCloud(hints.loginServer ?? '');
  return {
    authority: withoutSlash(hints.authority ?? known.authority),
    resourceManager: withoutSlash(hints.resourceManager ?? known.resourceManager),
    resourceManagerAudience: withoutSlash(
      hints.resourceManagerAudience ?? known.resourceManagerAudience,
    ),
  };
}

/** The audience that a registry accepts whatever its policy is, e.g. `https://containerregistry.azure.net`. */
export function registryAudience(loginServer: string): string {
  return registryCloud(loginServer).registryAudience;
}

function registryCloud(loginServer: string): KnownCloud {
  return CLOUDS.find(({ registrySuffix }) => loginServer.endsWith(registrySuffix)) ?? PUBLIC;
}

/** Audiences are compared as text: with the slash at its end a token would be for somebody else. */
function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
