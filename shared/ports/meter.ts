import type { Usage } from '../core/usage.ts';

/** Tells what the run has used so far. */
export interface Meter {
  read(): Usage;
}
