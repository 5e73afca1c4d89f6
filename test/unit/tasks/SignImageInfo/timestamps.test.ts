import assert from 'node:assert/strict';
import { reportOf } from '../../../../tasks/SignImageInfo/report.ts';
import { parseTimestamp } from '../../../../tasks/SignImageInfo/timestamp-inputs.ts';
import { makeChain, makeStampingChain } from '../../../support/certificates.ts';
import { makeAnswer } from '../../../support/revocation.ts';
import { scriptedHttp } from '../../../support/scripted-http.ts';
import { faultsOf } from '../../../support/signatures.ts';
import { signerOf } from '../../../support/signing.ts';
import { TRUST, aSigningRun, stamping } from './support.ts';

const AUTHORITY = makeStampingChain();

describe('SignImageInfo timestamps', () => {
  it('has every signature stamped, that of the hand-over file too', async () => {
    const run = aSigningRun({ authority: AUTHORITY, http: stamping(AUTHORITY) });
    const told = async (): Promise<readonly string[] | null> => {
      const [facts, plan] = [await run.gather(), await run.plan()];
      const report = reportOf(plan, await run.execute(), facts);
      return JSON.stringify(report).match(/"certificates":\["[^\]]*\],"timestamp":"20[^"]*Z"/g);
    };
    assert.equal((await told())?.length, 5);
    assert.equal((await told())?.length, 5, 'in the next run, which signs the file alone');
  });

  it('fails what nobody stamps, and pushes nothing of it', async () => {
    const run = aSigningRun({ authority: AUTHORITY });
    const { outcomes, file } = await run.execute();
    const failures = [...outcomes, file].map((it) => (it.kind === 'failed' ? it.error.code : ''));
    assert.deepEqual(failures, Array(5).fill('TIMESTAMP_FAILED'));
    assert.deepEqual(run.registry.writes, []);
  });

  it('skips what is signed and stamped', async () => {
    const run = aSigningRun({ authority: AUTHORITY, http: stamping(AUTHORITY) });
    await run.execute();
    const { steps } = await run.plan();
    assert.deepEqual(new Set(steps.map(({ kind }) => kind)), new Set(['skip']));
  });

  it('signs again what is signed but not stamped, or stamped by others', async () => {
    const other = makeStampingChain();
    for (const authority of [undefined, other]) {
      const first = aSigningRun({
        http: stamping(other),
        ...(authority === undefined ? {} : { authority }),
      });
      await first.execute();
      const { registry } = first;
      const second = aSigningRun({ authority: AUTHORITY, http: stamping(AUTHORITY), registry });
      const { steps } = await second.plan();
      assert.deepEqual(new Set(steps.map(({ kind }) => kind)), new Set(['sign']));
    }
  });

  for (const state of ['good', 'revoked'] as const) {
    it(`asks under a trust policy whether its own certificate is revoked: ${state}`, async () => {
      const chain = makeChain({ leaf: { ocspUrl: 'http://ocsp.example/' } });
      const http = scriptedHttp({ 'ocsp.example': () => makeAnswer(chain, { state }) });
      const run = aSigningRun({ signer: signerOf(chain), trusted: chain, http });
      const { outcomes, file } = await run.execute({ trust: TRUST });
      const kinds = new Set([...outcomes, file].map(({ kind }) => kind));
      assert.deepEqual(kinds, new Set([state === 'good' ? 'signed' : 'failed']));
      assert.equal(http.calls.length, 1);
    });
  }
});

describe('timestamp-inputs parseTimestamp', () => {
  const parse = (timestampUrl: string, root: string): ReturnType<typeof parseTimestamp> =>
    parseTimestamp(
      { text: (name) => (name === 'timestampUrl' ? timestampUrl : root) },
      { working: '/working' },
    );

  it('reads authorities in their order', () => {
    const settings = parse('http://one.example/tsa\n\nhttps://two.example\n', 'root.pem');
    assert.ok(settings.ok && settings.value !== undefined);
    const { urls, rootCertificate } = settings.value;
    assert.deepEqual(
      urls.map(({ href }) => href),
      ['http://one.example/tsa', 'https://two.example/'],
    );
    assert.match(rootCertificate, /root\.pem$/);
  });

  it('wants no timestamps when nothing is given', () => {
    assert.deepEqual(parse('', ''), { ok: true, value: undefined });
  });

  const problems = [
    {
      name: 'no root',
      url: 'http://a.example',
      root: '',
      fault: /^timestampRootCertificate: is req/,
    },
    { name: 'a root alone', url: '', root: 'root.pem', fault: /^timestampUrl: is required/ },
    { name: 'no address', url: 'a.example', root: 'r', fault: /^timestampUrl: is not an http or/ },
    { name: 'another protocol', url: 'ftp://a.example', root: 'r', fault: /^timestampUrl: is not/ },
    { name: 'a variable that nobody set', url: '$(tsa)', root: 'r', fault: /'tsa' is not defined/ },
  ];
  for (const { name, url, root, fault } of problems) {
    it(`refuses ${name}`, () => {
      assert.match(faultsOf(parse(url, root)), fault);
    });
  }
});
