import { isJsonObject } from '../core/json.ts';
import type { JsonValue } from '../core/json.ts';
import { mapLimit } from '../core/concurrency.ts';
import { REPORT_TYPE } from '../release-report/model.ts';
import type { ReportDocument } from '../release-report/model.ts';
import { parseReport } from '../release-report/parse.ts';

/** A run and where it is, e.g. collection `https://dev.azure.com/contoso/`. */
export interface RunPlace {
  /** Of an organization or a collection of a server, with a final slash. */
  readonly collection: string;
  /** Id or name. */
  readonly project: string;
  readonly build: number;
}

/** What a GET brought: JSON, no access, nothing there, or why it failed. */
export type Answer =
  | { readonly kind: 'json'; readonly value: JsonValue }
  | { readonly kind: 'denied' | 'absent' }
  | { readonly kind: 'failed'; readonly message: string };

/** Gets a URL of the collection. */
export type Get = (url: string, signal: AbortSignal) => Promise<Answer>;

/** The reports of a run; `unreadable` counts those of another form. */
export type Loading =
  | {
      readonly kind: 'loaded';
      readonly reports: readonly ReportDocument[];
      readonly unreadable: number;
    }
  | Exclude<Answer, { readonly kind: 'json' }>;

/** Azure DevOps Server 2019 knows it, and newer ones keep it. */
const API = 'api-version=5.0-preview.2';

/** Browsers open no more connections to one host. */
const GETS_AT_ONCE = 6;

/** Ten times the jobs of the largest pipeline known. */
const MAX_ATTACHMENTS = 500;

const GUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

/** Both layouts of addresses end like this: `…/builds/42/<timeline>/<record>/attachments/<type>/<name>`. */
const SELF = new RegExp(`/(${GUID})/(${GUID})/attachments/`, 'i');

/**
 * Reads what the tasks of a run attached.
 *
 * @see https://learn.microsoft.com/rest/api/azure/devops/build/attachments
 */
export async function loadReports(
  place: RunPlace,
  get: Get,
  signal: AbortSignal,
): Promise<Loading> {
  const run = `${place.collection}${encodeURIComponent(place.project)}/_apis/build/builds/${place.build}`;
  const list = await get(`${run}/attachments/${REPORT_TYPE}?${API}`, signal);
  if (list.kind !== 'json') return list;
  const paths = attachmentPaths(list.value);
  if (paths === undefined)
    return { kind: 'failed', message: 'The list of attachments is not one.' };
  const answers = await mapLimit(paths, async (path) => get(`${run}/${path}?${API}`, signal), {
    ...{ limit: GETS_AT_ONCE, signal },
  });
  const refused = answers.find(({ kind }) => kind === 'denied' || kind === 'failed');
  if (refused !== undefined && refused.kind !== 'json') return refused;
  const documents = answers.flatMap((answer) =>
    answer.kind === 'json' ? [parseReport(answer.value)] : [],
  );
  const reports = documents.flatMap((one) => (one.ok ? [one.value] : []));
  return { kind: 'loaded', reports, unreadable: documents.length - reports.length };
}

/**
 * Paths of attachments below their run, absent when the answer is no list of them. Addresses are put together anew: what
 * the answer names may be another host.
 */
export function attachmentPaths(value: JsonValue): readonly string[] | undefined {
  // The service wraps lists unless it is asked not to.
  const list = isJsonObject(value) ? value['value'] : value;
  if (!Array.isArray(list)) return undefined;
  return (list as readonly JsonValue[]).slice(0, MAX_ATTACHMENTS).flatMap((item) => {
    const [name, self] = isJsonObject(item) ? [item['name'], selfOf(item['_links'])] : [];
    const [, timeline, record] = SELF.exec(self ?? '') ?? [];
    if (typeof name !== 'string' || timeline === undefined || record === undefined) return [];
    return [`${timeline}/${record}/attachments/${REPORT_TYPE}/${encodeURIComponent(name)}`];
  });
}

function selfOf(links: JsonValue | undefined): string | undefined {
  const self = isJsonObject(links) ? links['self'] : undefined;
  const href = isJsonObject(self) ? self['href'] : undefined;
  return typeof href === 'string' ? href : undefined;
}
