import tseslint from 'typescript-eslint';

const banned = [
  { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
  { selector: 'TSEnumDeclaration', message: 'Use a union of string literals.' },
  {
    selector:
      'ThrowStatement > NewExpression[callee.name=/^(Aggregate|Eval|Range|Reference|Syntax|Type|URI)?Error$/]',
    message: 'Throw a TaskError (the user can act) or call invariant (we are wrong).',
  },
];
const processAccess = [
  {
    selector: 'MemberExpression[object.name="process"][property.name=/^(env|exit)$/]',
    message: 'Only shared/host knows the environment and the process.',
  },
];

/** Node 20 collects a timeout that only `AbortSignal.any` refers to: it never comes. */
const forgetful = ['any', 'timeout'].map((property) => ({
  object: 'AbortSignal',
  property,
  message: 'Use withDeadline of shared/core/deadline.',
}));

export default tseslint.config(
  { ignores: ['node_modules', 'dist', 'coverage', '**/generated/**', '*.mjs', '*.cjs'] },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    // A comment in the code changes no rule.
    linterOptions: { noInlineConfig: true },
    rules: {
      '@typescript-eslint/ban-ts-comment': ['error', { 'ts-expect-error': true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      '@typescript-eslint/strict-boolean-expressions': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unnecessary-condition': [
        'error',
        { allowConstantLoopConditions: 'only-allowed-literals' },
      ],
      eqeqeq: 'error',
      complexity: ['error', 12],
      'max-depth': ['error', 3],
      'max-params': ['error', 3],
      'max-lines': ['error', 300],
      'max-lines-per-function': ['error', { max: 50, skipBlankLines: true, skipComments: true }],
      'no-console': 'error',
      'no-restricted-globals': [
        'error',
        { name: 'fetch', message: 'Use shared/registry/transport.' },
      ],
      'no-restricted-syntax': ['error', ...banned, ...processAccess],
    },
  },
  {
    files: ['shared/**/*.ts', 'tasks/**/*.ts'],
    rules: { 'no-restricted-properties': ['error', ...forgetful] },
  },
  {
    files: ['shared/host/**/*.ts'],
    rules: { 'no-console': 'off', 'no-restricted-syntax': ['error', ...banned] },
  },
  {
    // The browser's own: the tab cannot bring the transport along.
    files: ['shared/images-tab/devops-rest.ts', 'test/support/images-tab/page/**/*.ts'],
    rules: { 'no-restricted-globals': 'off' },
  },
  {
    // Nothing else copies where the page around the tab withholds the permission.
    files: ['shared/images-tab/clipboard.ts'],
    rules: { '@typescript-eslint/no-deprecated': 'off' },
  },
  {
    files: ['scripts/**/*.ts', 'bench/**/*.ts', 'test/**/*.ts'],
    rules: { 'no-console': 'off', 'no-restricted-syntax': ['error', banned[0], banned[1]] },
  },
  {
    files: ['test/**/*.test.ts'],
    rules: { 'max-lines-per-function': 'off' },
  },
);
