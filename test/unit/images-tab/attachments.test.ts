import assert from 'node:assert/strict';
import { attachmentPaths, loadReports } from '../../../shared/images-tab/attachments.ts';
import type { Answer } from '../../../shared/images-tab/attachments.ts';
import { loadingSentence } from '../../../shared/images-tab/sentences.ts';
import type { JsonValue } from '../../../shared/core/json.ts';
import { createReportOf, reportDocument } from '../../support/images-tab/sample-reports.ts';

const PLACE = { collection: 'https://server.example/tfs/Main/', project: 'My shop', build: 42 };
const RUN = 'https://server.example/tfs/Main/My%20shop/_apis/build/builds/42';
const GUIDS = ['3d1f4b3e-0a5c-4f0e-9d57-0b1c2d3e4f50', '8d1f4b3e-0a5c-4f0e-9d57-0b1c2d3e4f51'];
const API = 'api-version=5.0-preview.2';

function item(name: JsonValue, before = 'https://dev.azure.com/contoso/id'): JsonValue {
  const href = `${before}/_apis/build/builds/42/${GUIDS.join('/')}/attachments/image-release/x`;
  return { name, _links: { self: { href } } };
}

async function load(answers: Readonly<Record<string, Answer>>): Promise<unknown> {
  const get = async (url: string): Promise<Answer> =>
    Promise.resolve(answers[url] ?? { kind: 'absent' });
  return loadReports(PLACE, get, new AbortController().signal);
}

const LIST = `${RUN}/attachments/image-release?${API}`;
const DOCUMENT = `${RUN}/${GUIDS.join('/')}/attachments/image-release/create?${API}`;

describe('images-tab loadReports', () => {
  it('reads every attachment of the run from the collection itself', async () => {
    const report = reportDocument(createReportOf([]));
    const loading = await load({
      [LIST]: {
        kind: 'json',
        value: { count: 1, value: [item('create', 'https://evil.example')] },
      },
      [DOCUMENT]: { kind: 'json', value: report as unknown as JsonValue },
    });
    assert.deepEqual(loading, { kind: 'loaded', reports: [report], unreadable: 0 });
  });

  it('counts what is no report', async () => {
    const loading = await load({
      [LIST]: { kind: 'json', value: [item('create')] },
      [DOCUMENT]: { kind: 'json', value: { version: 2 } },
    });
    assert.deepEqual(loading, { kind: 'loaded', reports: [], unreadable: 1 });
  });

  const failures: readonly { readonly name: string; readonly list: Answer; readonly is: Answer }[] =
    [
      { name: 'no access', list: { kind: 'denied' }, is: { kind: 'denied' } },
      { name: 'no run', list: { kind: 'absent' }, is: { kind: 'absent' } },
      {
        name: 'a failure',
        list: { kind: 'failed', message: 'no' },
        is: { kind: 'failed', message: 'no' },
      },
      {
        name: 'an answer that is no list',
        list: { kind: 'json', value: 'x' },
        is: { kind: 'failed', message: 'The list of attachments is not one.' },
      },
    ];
  for (const { name, list, is } of failures) {
    it(`says that there is ${name}`, async () => {
      assert.deepEqual(await load({ [LIST]: list }), is);
    });
  }

  it('gives up when one of several attachments may not be read', async () => {
    const list: Answer = { kind: 'json', value: [item('create'), item('sign')] };
    const report = reportDocument(createReportOf([])) as unknown as JsonValue;
    const loading = await load({
      [LIST]: list,
      [DOCUMENT]: { kind: 'json', value: report },
      [DOCUMENT.replace('create', 'sign')]: { kind: 'denied' },
    });
    assert.deepEqual(loading, { kind: 'denied' });
  });
});

describe('images-tab attachmentPaths', () => {
  it('keeps a name within its place in the address', () => {
    assert.deepEqual(attachmentPaths([item('../../../x?y#z')]), [
      `${GUIDS.join('/')}/attachments/image-release/..%2F..%2F..%2Fx%3Fy%23z`,
    ]);
  });

  it('leaves out what has no name or no address', () => {
    const odd = [
      item(3),
      { name: 'x' },
      'x',
      null,
      { name: 'x', _links: { self: { href: '/a' } } },
    ];
    assert.deepEqual(attachmentPaths(odd), []);
  });
});

describe('images-tab loadingSentence', () => {
  it('says nothing of a release that is complete', () => {
    const reports = [reportDocument(createReportOf([]))];
    assert.equal(loadingSentence({ kind: 'loaded', reports, unreadable: 0 }, true), '');
    assert.match(
      loadingSentence({ kind: 'loaded', reports, unreadable: 2 }, true),
      /^2 reports .* are/,
    );
  });

  it('takes a run without attachments for one that has told nothing', () => {
    assert.match(loadingSentence({ kind: 'absent' }, true), /released no images/);
    assert.match(loadingSentence({ kind: 'absent' }, false), /^Nothing yet/);
  });
});
