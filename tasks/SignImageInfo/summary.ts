import { groupBy } from '../../shared/core/group-by.ts';
import { counted, markdownCode } from '../../shared/core/text.ts';
import type {
  ReportedCertificate,
  ReportedSignature,
  SignReport,
} from '../../shared/release-report/model.ts';
import type { FileOutcome } from './execute.ts';
import type { FileStep } from './plan.ts';

/** The page of a run shows no more than some hundred lines well; the report has all of them. */
const FAILURES_SHOWN = 100;

/** The hand-over file, and what became of it. */
export interface SummarisedFile {
  readonly step: FileStep;
  readonly outcome: FileOutcome;
}

/** What a run signed, as Markdown for its page: by repository and by certificate, with everything that failed. */
export function renderSummary(
  { signatures, certificates }: Pick<SignReport, 'signatures' | 'certificates'>,
  file: SummarisedFile,
): string {
  const byRepo = [...groupBy(signatures, ({ repo }) => repo)];
  const parts = [
    [`**${renderCounts(countsOf(signatures))}**`],
    [renderFile(file)],
    renderFailures(signatures.filter(({ state }) => state === 'failed')),
    renderRows(
      ['repository', ...COLUMNS],
      byRepo.map(([repo, own]) => [markdownCode(repo), ...cellsOf(countsOf(own))]),
    ),
    renderRows(
      ['certificate', 'SHA-256', 'valid until', 'signatures', 'with timestamp'],
      certificates.map((certificate) => rowOf(certificate, signatures)),
    ),
  ];
  return `${parts
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

const COLUMNS = ['signed', 'skipped', 'failed', 'with timestamp'] as const;

interface SummaryCounts {
  readonly signed: number;
  readonly skipped: number;
  readonly failed: number;
  readonly stamped: number;
}

function countsOf(signatures: readonly ReportedSignature[]): SummaryCounts {
  const count = (wanted: (signature: ReportedSignature) => boolean): number =>
    signatures.filter(wanted).length;
  return {
    signed: count(({ state }) => state === 'signed'),
    skipped: count(({ state }) => state === 'kept'),
    failed: count(({ state }) => state === 'failed'),
    stamped: count(({ isTimestamped }) => isTimestamped === true),
  };
}

function renderCounts({ signed, skipped, failed }: SummaryCounts): string {
  return `${counted(signed, 'digest')} signed, ${skipped} signed already, ${failed} failed`;
}

function cellsOf({ signed, skipped, failed, stamped }: SummaryCounts): readonly string[] {
  return [signed, skipped, failed, stamped].map(String);
}

function renderFile({ step, outcome }: SummarisedFile): string {
  const { name, digest, tags, signatureName } = step;
  if (outcome.kind === 'failed') {
    const { code, message } = outcome.error;
    return `⚠ ${markdownCode(name)} is not signed: ${markdownCode(`${code}: ${message}`)}`;
  }
  const { stampedAt } = outcome.envelope;
  const when = stampedAt === undefined ? '' : `, stamped at ${stampedAt.toISOString()}`;
  const bound = counted(Object.keys(tags).length, 'tag');
  return `${markdownCode(name)} (${markdownCode(digest)}) is signed with its ${bound} by ${markdownCode(signatureName)}${when}`;
}

function renderFailures(failed: readonly ReportedSignature[]): readonly string[] {
  const more = failed.length - FAILURES_SHOWN;
  return [
    ...failed
      .slice(0, FAILURES_SHOWN)
      .map(
        ({ repo, digest, reason = '' }) =>
          `- ⚠ ${markdownCode(`${repo}@${digest}`)} ${markdownCode(reason)}`,
      ),
    ...(more > 0 ? [`- and ${more} more: see the report`] : []),
  ];
}

function rowOf(
  { thumbprint, subject, notAfter }: ReportedCertificate,
  signatures: readonly ReportedSignature[],
): readonly string[] {
  const own = signatures.filter(({ certificate }) => certificate === thumbprint);
  const { stamped } = countsOf(own);
  const names = [subject, thumbprint].map(markdownCode);
  return [...names, notAfter.slice(0, 10), String(own.length), String(stamped)];
}

function renderRows(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  if (rows.length === 0) return [];
  // A bar ends a cell, inside of code as well.
  const cells = rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  return [headings, headings.map(() => '---'), ...cells].map((row) => `| ${row.join(' | ')} |`);
}
