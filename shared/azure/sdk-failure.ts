import { neutralise } from '../core/text.ts';

/** A refusal of an Azure service as its SDK throws it; the text is safe to print. */
export interface SdkFailure {
  /** Absent when there was no answer. */
  readonly status: number | undefined;
  /** The service's own code, e.g. `Forbidden`. */
  readonly code: string;
  readonly message: string;
}

/** Reads what an SDK threw. */
export function sdkFailureOf(error: unknown): SdkFailure {
  const read = (name: string): unknown =>
    error instanceof Error ? Reflect.get(error, name) : undefined;
  const [status, code] = [read('statusCode'), read('code')];
  return {
    status: typeof status === 'number' ? status : undefined,
    code: typeof code === 'string' ? neutralise(code) : '',
    message: neutralise(error instanceof Error ? error.message : String(error)),
  };
}
