import { parseReceipt, isReceiptOf, receiptPathOf } from './receipt.ts';
import type { FileReader } from '../../shared/ports/files.ts';
import type { Plan } from './steps.ts';

/**
 * Whether the receipt beside an output is of this publish, which did not come to its end: one that an earlier publish
 * left there must not be handed on as that of this one.
 */
export async function hasUnfinishedReceipt(
  plan: Pick<Plan, 'platformTags' | 'sharedTags'>,
  output: string,
  files: FileReader,
): Promise<boolean> {
  const path = receiptPathOf(output);
  if (!(await files.isFile(path))) return false;
  // A step that was canceled hands its receipt on as well, so this does not listen to its signal.
  const receipt = parseReceipt(await files.read(path, new AbortController().signal), path);
  return (
    receipt.ok &&
    receipt.value.completedAt === undefined &&
    isReceiptOf(receipt.value, [...plan.platformTags, ...plan.sharedTags])
  );
}
