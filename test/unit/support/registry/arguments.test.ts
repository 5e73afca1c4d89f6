import assert from 'node:assert/strict';
import { helpText, parseRegistryArguments } from '../../../support/registry/arguments.ts';
import { DEFAULT_SETTINGS } from '../../../support/registry/settings.ts';

const OFF = { auth: { kind: 'none' }, faults: [] };
const ACCOUNT = ['--username', 'u', '--password', 'p'];
const ALL = ['pull', 'push', 'delete'];
const readFile = (path: string): string => {
  if (path === 'missing') throw new TypeError('no such file');
  return `content of ${path}`;
};

describe('registry arguments parseRegistryArguments', () => {
  const accepted = [
    { argv: [], options: {} },
    { argv: ['--port', '5000'], options: { port: 5000 } },
    { argv: ['--host', '0.0.0.0'], options: { host: '0.0.0.0' } },
    { argv: ['--no-referrers'], options: { referrersApi: false } },
    { argv: ['--no-mount'], options: { mount: false } },
    { argv: ['--no-single-post'], options: { singlePost: false } },
    { argv: ['--no-delete'], options: { deleteEnabled: false } },
    { argv: ['--no-range'], options: { rangeRequests: false } },
    { argv: ['--no-tag-parameters'], options: { tagParameters: false } },
    { argv: ['--no-conditional-put'], options: { conditionalPut: false } },
    { argv: ['--no-validate-references'], options: { validateReferences: false } },
    { argv: ['--no-digest-header'], options: { digestHeader: false } },
    { argv: ['--absolute-locations'], options: { absoluteLocations: true } },
    { argv: ['--tag-page-size', '3'], options: { tagPageSize: 3 } },
    { argv: ['--referrers-page-size', '4'], options: { referrersPageSize: 4 } },
    { argv: ['--chunk-min-length', '5'], options: { chunkMinLength: 5 } },
    { argv: ['--manifest-max-length', '6'], options: { manifestMaxLength: 6 } },
    { argv: ['--latency', '40'], options: { latencyMs: 40 } },
    {
      argv: ['--tls-cert', 'c', '--tls-key', 'k'],
      options: { tls: { cert: 'content of c', key: 'content of k' } },
    },
    {
      argv: ['--auth', 'basic', ...ACCOUNT, '--grant', 'pull,delete'],
      options: {
        auth: { kind: 'basic', username: 'u', password: 'p', grant: ['pull', 'delete'] },
      },
    },
    {
      argv: ['--auth', 'bearer', ...ACCOUNT],
      options: {
        auth: { kind: 'bearer', username: 'u', password: 'p', grant: ALL, anonymousPull: false },
      },
    },
    {
      argv: ['--auth', 'bearer', ...ACCOUNT, '--anonymous-pull', '--token-lifetime', '60'],
      options: {
        auth: {
          ...{ kind: 'bearer', username: 'u', password: 'p', grant: ALL },
          ...{ anonymousPull: true, tokenLifetimeSeconds: 60 },
        },
      },
    },
    {
      argv: [
        '--fault',
        '{"action":{"kind":"reset"}}',
        '--fault',
        '{"action":{"kind":"corruptBody"}}',
      ],
      options: {
        faults: [
          { match: {}, action: { kind: 'reset' } },
          { match: {}, action: { kind: 'corruptBody' } },
        ],
      },
    },
  ];
  for (const { argv, options } of accepted) {
    it(`reads "${argv.join(' ')}"`, () => {
      assert.deepEqual(parseRegistryArguments(argv, readFile), {
        ok: true,
        value: { ...OFF, ...options },
      });
    });
  }

  it('has an option for every setting', () => {
    const settable = accepted.flatMap(({ options }) => Object.keys(options));
    const missing = Object.keys(DEFAULT_SETTINGS).filter((name) => !settable.includes(name));
    assert.deepEqual(missing, []);
  });

  it('asks for help before it looks at the rest', () => {
    const help = parseRegistryArguments(['--help', '--port', 'x'], readFile);
    assert.deepEqual(help, { ok: true, value: 'help' });
    for (const { argv } of accepted) {
      for (const option of argv.filter((text) => text.startsWith('--'))) {
        assert.match(helpText(), new RegExp(`^ {2}${option}\\b`, 'm'));
      }
    }
  });

  const refused = [
    { argv: ['--unknown'], paths: ['arguments'] },
    { argv: ['--port', '-1'], paths: ['arguments'] },
    { argv: ['--port', 'x', '--latency', 'y'], paths: ['--port', '--latency'] },
    { argv: ['--auth', 'digest'], paths: ['--auth'] },
    { argv: ['--auth', 'basic', '--username', 'u'], paths: ['--auth'] },
    { argv: ['--auth', 'basic', ...ACCOUNT, '--grant', 'pull,own'], paths: ['--grant'] },
    {
      argv: ['--auth', 'bearer', ...ACCOUNT, '--token-lifetime', 'x'],
      paths: ['--token-lifetime'],
    },
    { argv: ['--tls-cert', 'c'], paths: ['--tls-cert'] },
    { argv: ['--tls-cert', 'missing', '--tls-key', 'k'], paths: ['--tls-cert'] },
    { argv: ['--fault', '{'], paths: ['--fault[0]'] },
  ];
  for (const { argv, paths } of refused) {
    it(`refuses "${argv.join(' ')}"`, () => {
      const result = parseRegistryArguments(argv, readFile);
      assert.deepEqual(result.ok ? [] : result.problems.map(({ path }) => path), paths);
    });
  }
});
