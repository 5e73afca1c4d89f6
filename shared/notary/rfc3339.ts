const FORM =
  /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

/** A time in whole seconds as RFC 3339 writes it in UTC: `2026-11-22T03:53:12Z`. */
export function formatTime(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** A time of RFC 3339, with any offset and fraction; absent for other text and for days that do not exist. */
export function parseTime(text: unknown): Date | undefined {
  const parts = typeof text === 'string' ? FORM.exec(text) : null;
  if (parts === null) return undefined;
  const [whole, year, month, day] = parts;
  const lastDay = new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  const time = new Date(whole);
  return Number(day) > lastDay || Number.isNaN(time.getTime()) ? undefined : time;
}
