import { TaskError } from '../core/errors.ts';
import { counted } from '../core/text.ts';

/** As many as the notation CLI looks at. */
const MAX_SIGNATURES = 100;

/**
 * Stops before the signatures of a manifest are read when there are more than anybody needs.
 *
 * @param name of the manifest, `registry.example/app@sha256:…`
 * @throws TaskError `SIGNATURE_INVALID`
 */
export function refuseTooManySignatures(name: string, count: number): void {
  if (count <= MAX_SIGNATURES) return;
  throw new TaskError('SIGNATURE_INVALID', `${name} has ${counted(count, 'signature')}.`, {
    hint: `Remove signatures that are not needed: no more than ${MAX_SIGNATURES} are looked at.`,
  });
}
