import { oneOf, optionalSecret, requiredPath } from '../../shared/core/input-values.ts';
import { all, parsed } from '../../shared/core/result.ts';
import type { Parsed } from '../../shared/core/result.ts';
import type { InputReader, RunFolders } from '../../shared/ports/host.ts';
import type { CertificateSettings, SignerSettings } from '../../shared/ports/signer-settings.ts';

type Kind = SignerSettings['kind'];

type Parser = (input: InputReader, folders: RunFolders) => Parsed<SignerSettings>;

/** How the inputs of each kind are read; those of other kinds are not looked at. */
const PARSERS: Readonly<Record<Kind, Parser>> = {
  certificate: parseCertificate,
};

/** The inputs of the chosen kind of signer. */
export function parseSigner(input: InputReader, folders: RunFolders): Parsed<SignerSettings> {
  const kind = oneOf<Kind>('signer', input.text('signer'), ['certificate']);
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
