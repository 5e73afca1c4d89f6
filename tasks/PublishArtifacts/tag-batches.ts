/** Tags between two looks and two receipts: what a killed run has not noted as set yet is noted as planned. */
const TAGS_PER_BATCH = 120;

/** Steps in batches, in their order. */
export function batchesOf<T>(steps: readonly T[]): readonly (readonly T[])[] {
  const count = Math.ceil(steps.length / TAGS_PER_BATCH);
  return Array.from({ length: count }, (_, index) =>
    steps.slice(index * TAGS_PER_BATCH, (index + 1) * TAGS_PER_BATCH),
  );
}
