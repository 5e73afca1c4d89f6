import { mapLimit } from '../core/concurrency.ts';
import { TaskError } from '../core/errors.ts';
import { orThrow } from '../core/result.ts';
import { parseTrustPolicy } from '../notary/trust-policy.ts';
import { parseTrustStore } from '../notary/trust-store.ts';
import type { FileReader } from '../ports/files.ts';
import type { TrustReader } from '../ports/trust.ts';

/** Certificates read at once. */
const FILES_AT_ONCE = 8;

/** Reads trust policies and trust stores from files. */
export function createTrustReader(files: FileReader): TrustReader {
  return {
    async read({ policy, store }, signal) {
      const document = orThrow(parseTrustPolicy(await files.read(policy, signal), policy), {
        code: 'TRUST_POLICY_INVALID',
        subject: 'The trust policy',
        hint: 'Correct the file at each place that is named.',
      });
      const root = store.replaceAll('\\', '/').replace(/\/+$/, '');
      const paths = await files.find(root, ['**/*']);
      if (paths.length === 0) throw emptyStore(store);
      const certificates = await mapLimit(
        paths,
        async (path) => ({
          path: path.slice(root.length + 1),
          bytes: await files.read(path, signal),
        }),
        { limit: FILES_AT_ONCE, signal },
      );
      const trusted = orThrow(parseTrustStore(certificates), {
        code: 'TRUST_STORE_INVALID',
        subject: `The trust store ${store}`,
        hint: 'Keep certificates in PEM or DER below {ca|signingAuthority|tsa}/{name}.',
      });
      return { policy: document, store: trusted };
    },
  };
}

function emptyStore(store: string): TaskError {
  return new TaskError('TRUST_STORE_INVALID', `There are no certificates in ${store}.`, {
    hint: 'Give the folder that holds {ca|signingAuthority|tsa}/{name}, and check that it was checked out.',
  });
}
