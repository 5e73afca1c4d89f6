import {
  oneOf,
  optional,
  optionalPath,
  optionalSecret,
  pairs,
  requiredPath,
  requiredText,
} from '../../shared/core/input-values.ts';
import { parseKeyVaultId } from '../../shared/core/key-vault-id.ts';
import type { KeyVaultId } from '../../shared/core/key-vault-id.ts';
import { all, allConsistent, parsed, problem } from '../../shared/core/result.ts';
import type { Parsed } from '../../shared/core/result.ts';
import type { InputReader, RunFolders } from '../../shared/ports/host.ts';
import type { AzureConnection } from '../../shared/ports/azure.ts';
import type {
  CertificateSettings,
  EsrpSettings,
  KeyVaultSettings,
  PluginSettings,
  SignerSettings,
} from '../../shared/ports/signer-settings.ts';

type Kind = SignerSettings['kind'];

type Parser = (input: InputReader, folders: RunFolders) => Parsed<SignerSettings>;

/** Key files that may hold the certificates as well. */
const PKCS12_NAME = /\.(?:pfx|p12)$/i;

/** How the inputs of each kind are read; those of other kinds are not looked at. */
const PARSERS: Readonly<Record<Kind, Parser>> = {
  certificate: parseCertificate,
  azureKeyVault: parseKeyVault,
  plugin: parsePlugin,
  esrp: parseEsrp,
};

/** Which kind of signer is chosen. */
export function parseSignerKind(input: Pick<InputReader, 'text'>): Parsed<Kind> {
  return oneOf<Kind>('signer', input.text('signer'), [
    'certificate',
    'azureKeyVault',
    'plugin',
    'esrp',
  ]);
}

/** The inputs of the chosen kind of signer. */
export function parseSigner(input: InputReader, folders: RunFolders): Parsed<SignerSettings> {
  const kind = parseSignerKind(input);
  return kind.ok ? PARSERS[kind.value](input, folders) : kind;
}

function parseCertificate(input: InputReader, folders: RunFolders): Parsed<CertificateSettings> {
  const privateKey = requiredPath('privateKey', input.text('privateKey'), folders.working);
  const readChain =
    privateKey.ok && PKCS12_NAME.test(privateKey.value) ? optionalPath : requiredPath;
  return all<CertificateSettings>({
    kind: parsed('certificate'),
    privateKey,
    certificateChain: readChain(
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
  return allConsistent<KeyVaultSettings>(
    {
      kind: parsed('azureKeyVault'),
      connection: requiredConnection(input),
      key: parseKey(input.text('keyVaultKey')),
      certificateChain,
    },
    (known) =>
      known.key?.kind === 'keys' && certificateChain.ok && certificateChain.value === undefined
        ? [{ path: 'certificateChain', message: NEEDS_CHAIN }]
        : [],
  );
}

const NEEDS_CHAIN =
  'is required when keyVaultKey names a key: only a certificate in the vault leads to its issuers';

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

function parsePlugin(input: InputReader, folders: RunFolders): Parsed<PluginSettings> {
  return all<PluginSettings>({
    kind: parsed('plugin'),
    source: parsePluginSource(input, folders),
    keyId: requiredText('pluginKeyId', input.text('pluginKeyId')),
    config: pairs('pluginConfig', input.text('pluginConfig')),
  });
}

/** SHA-256 in hex, with or without its name before it. */
const CHECKSUM = /^(?:sha256:)?([0-9a-f]{64})$/i;

function parsePluginSource(
  input: InputReader,
  folders: RunFolders,
): Parsed<PluginSettings['source']> {
  const given = all({
    path: optionalPath('pluginPath', input.text('pluginPath'), folders.working),
    url: optional('pluginUrl', input.text('pluginUrl')),
    checksum: optional('pluginChecksum', input.text('pluginChecksum')),
  });
  if (!given.ok) return given;
  const { path, url, checksum } = given.value;
  if (path !== undefined && url === undefined && checksum === undefined) {
    return parsed({ kind: 'path', path });
  }
  if (path !== undefined) {
    return problem(
      'pluginPath',
      'goes without pluginUrl and pluginChecksum, which are for a download',
    );
  }
  if (url === undefined)
    return problem('pluginPath', 'is required, or pluginUrl with pluginChecksum');
  return parseDownload(url, checksum ?? '');
}

function parseDownload(url: string, checksum: string): Parsed<PluginSettings['source']> {
  const sha256 = CHECKSUM.exec(checksum)?.[1]?.toLowerCase();
  const isUrl = /^https?:\/\//i.test(url) && URL.canParse(url);
  return all<PluginSettings['source'] & { readonly kind: 'url' }>({
    kind: parsed('url'),
    url: isUrl ? parsed(new URL(url)) : problem('pluginUrl', 'is not an http or https URL'),
    sha256:
      sha256 === undefined
        ? problem('pluginChecksum', 'is not a SHA-256 in hex; a download is never used without one')
        : parsed(sha256),
  });
}

function parseEsrp(input: InputReader, folders: RunFolders): Parsed<EsrpSettings> {
  const keyCode = requiredText('esrpKeyCode', input.text('esrpKeyCode'));
  return all<EsrpSettings>({
    kind: parsed('esrp'),
    toolFolder: requiredPath('esrpToolPath', input.text('esrpToolPath'), folders.working),
    keyCode:
      keyCode.ok && !/^[0-9]+$/.test(keyCode.value)
        ? problem('esrpKeyCode', 'is not a number such as 400')
        : keyCode,
    signType: oneOf('esrpSignType', input.text('esrpSignType'), ['real', 'test']),
  });
}
