import {
  oneOf,
  optional,
  optionalPath,
  optionalSecret,
  requiredPath,
} from '../../shared/core/input-values.ts';
import { parseKeyVaultId } from '../../shared/core/key-vault-id.ts';
import type { KeyVaultId } from '../../shared/core/key-vault-id.ts';
import { all, parsed, problem } from '../../shared/core/result.ts';
import type { Parsed } from '../../shared/core/result.ts';
import type { InputReader, RunFolders } from '../../shared/ports/host.ts';
import type { AzureConnection } from '../../shared/ports/azure.ts';
import type {
  CertificateSettings,
  KeyVaultSettings,
  SignerSettings,
} from '../../shared/ports/signer-settings.ts';

type Kind = SignerSettings['kind'];

type Parser = (input: InputReader, folders: RunFolders) => Parsed<SignerSettings>;

/** How the inputs of each kind are read; those of other kinds are not looked at. */
const PARSERS: Readonly<Record<Kind, Parser>> = {
  certificate: parseCertificate,
  azureKeyVault: parseKeyVault,
};

/** The inputs of the chosen kind of signer. */
export function parseSigner(input: InputReader, folders: RunFolders): Parsed<SignerSettings> {
  const kind = oneOf<Kind>('signer', input.text('signer'), ['certificate', 'azureKeyVault']);
  return kind.ok ? PARSERS[kind.value](input, folders) : kind;
}

function parseCertificate(input: InputReader, folders: RunFolders): Parsed<CertificateSettings> {
  return all<CertificateSettings>({
    kind: parsed('certificate'),
    privateKey: requiredPath('privateKey', input.text('privateKey'), folders.working),
    certificateChain: requiredPath(
      'certificateChain',
      input.text('certificateChain'),
      folders.working,
    ),
    password: optionalSecret('privateKeyPassword', input.secret('privateKeyPassword')),
  });
}

function parseKeyVault(input: InputReader, folders: RunFolders): Parsed<KeyVaultSettings> {
  const chain = input.text('certificateChain');
  const certificateChain = optionalPath('certificateChain', chain, folders.working);
  const settings = all<Omit<KeyVaultSettings, 'kind'>>({
    connection: requiredConnection(input),
    key: parseKey(input.text('keyVaultKey')),
    certificateChain,
  });
  if (!settings.ok) return settings;
  if (settings.value.key.kind === 'keys' && settings.value.certificateChain === undefined) {
    return problem(
      'certificateChain',
      'is required when keyVaultKey names a key: only a certificate in the vault leads to its issuers',
    );
  }
  return parsed({ kind: 'azureKeyVault', ...settings.value });
}

function requiredConnection(input: InputReader): Parsed<AzureConnection> {
  const connection = input.azureConnection('azureSubscription');
  if (!connection.ok) return connection;
  return connection.value === undefined
    ? problem('azureSubscription', 'is required')
    : parsed(connection.value);
}

function parseKey(text: string): Parsed<KeyVaultId> {
  const given = optional('keyVaultKey', text);
  if (!given.ok) return given;
  return given.value === undefined
    ? problem('keyVaultKey', 'is required')
    : parseKeyVaultId(given.value, 'keyVaultKey');
}
