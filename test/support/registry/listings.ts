import { repositoryOf } from './call.ts';
import type { Call } from './call.ts';
import { Refusal, jsonReply } from './reply.ts';
import type { Reply } from './reply.ts';

/** GET: the tags of a repository in order, page by page when `n` or the registry asks for it. */
export function listTags(call: Call): Reply {
  const { page, headers } = pageOf(call, [...repositoryOf(call).tags.keys()].sort());
  return jsonReply(200, { name: call.name, tags: page }, headers);
}

/** GET: the repositories that the caller may pull from. */
export function listRepositories(call: Call): Reply {
  const names = call.store.names().filter((name) => call.may('pull', name));
  const { page, headers } = pageOf(call, names);
  return jsonReply(200, { repositories: page }, headers);
}

interface Page {
  readonly page: readonly string[];
  readonly headers: Reply['headers'];
}

/** The part of a sorted list that `n` and `last` ask for, with a `Link` to the next. */
function pageOf({ query, settings, name }: Call, all: readonly string[]): Page {
  const last = query.get('last');
  const rest = last === null ? all : all.filter((item) => item > last);
  const asked = query.get('n');
  if (asked !== null && !/^\d+$/.test(asked)) {
    throw new Refusal(400, 'UNSUPPORTED', { message: 'n is not a number' });
  }
  const size = Math.min(
    asked === null ? Infinity : Number(asked),
    settings.tagPageSize === 0 ? Infinity : settings.tagPageSize,
  );
  const page = rest.slice(0, size);
  const end = page.at(-1);
  if (end === undefined || page.length === rest.length) return { page, headers: {} };
  const next = new URLSearchParams({ ...(asked === null ? {} : { n: asked }), last: end });
  const path = name === '' ? '/v2/_catalog' : `/v2/${name}/tags/list`;
  return { page, headers: { link: `<${path}?${next.toString()}>; rel="next"` } };
}
