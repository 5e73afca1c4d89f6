import { SIGNATURE_SUFFIXES } from '../../shared/notary/blob-signature.ts';

/** The name under which the hand-over file travels on, whatever it was called before. */
export const FILE_NAME = 'image-info.json';

/** What goes beside the report: the plan, and image-info with its signature of either format. */
export const BESIDE_REPORT: readonly string[] = [
  'plan.json',
  FILE_NAME,
  ...Object.values(SIGNATURE_SUFFIXES).map((suffix) => `${FILE_NAME}${suffix}`),
];
