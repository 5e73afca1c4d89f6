'use strict';

/** Folders that hold data and pure functions: they may read node:crypto, cborg and the compiled validators, nothing else. */
const PURE = '^shared/(core|oci|image-info|build-manifest|notary|release-report)/';
const TASK_STAGES = '^tasks/[^/]+/(?!main\\.ts$)[^/]+\\.ts$';
const AGENT_PACKAGES = 'node_modules/azure-pipelines-(task|tool)-lib';

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A cycle means that two files are one idea.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphans',
      comment: 'A file that nothing uses is dead.',
      severity: 'error',
      from: { orphan: true, path: '^(shared|tasks)/', pathNot: '(\\.d\\.[cm]?ts|main\\.ts)$' },
      to: {},
    },
    {
      name: 'core-knows-nothing',
      comment: 'Floor 0 imports nothing of the house.',
      severity: 'error',
      from: { path: '^shared/core/' },
      to: { path: '^(shared/(?!core/)|tasks/)' },
    },
    {
      name: 'oci-is-data',
      comment: 'Floor 1: OCI documents stand on core alone.',
      severity: 'error',
      from: { path: '^shared/oci/' },
      to: { path: '^(shared/(?!(core|oci)/)|tasks/)' },
    },
    {
      name: 'documents-are-data',
      comment: 'Floor 1: image-info, build manifest, notary and reports stand on core and oci.',
      severity: 'error',
      from: { path: '^shared/(image-info|build-manifest|notary|release-report)/' },
      to: {
        path: '^(shared/(?!(core|oci|image-info|build-manifest|notary|release-report)/)|tasks/)',
      },
    },
    {
      name: 'pure-floors-do-no-io',
      comment:
        'Floors 0 and 1 compute: of Node they may use crypto, buffer, events, util and path.',
      severity: 'error',
      from: { path: PURE },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|buffer|events|util|path)$' },
    },
    {
      name: 'pure-floors-use-few-packages',
      comment:
        'Floors 0 and 1 may use cborg, the ASN.1 libraries and the validator runtime of ajv.',
      severity: 'error',
      from: { path: PURE },
      to: {
        path: 'node_modules/',
        pathNot: 'node_modules/(cborg|ajv|fast-uri|pkijs|asn1js|@types/node)/',
      },
    },
    {
      name: 'chunks-are-libraries',
      comment:
        'A chunk that is loaded on demand re-exports packages: no class of ours exists twice.',
      severity: 'error',
      from: { path: '\\.chunk\\.ts$' },
      to: { path: '^(shared|tasks|test|scripts|bench)/' },
    },
    {
      name: 'heavy-packages-come-on-demand',
      comment:
        'Azure and ASN.1 packages are imported by chunks; everyone else takes their types only.',
      severity: 'error',
      from: { path: '^(shared|tasks)/', pathNot: '\\.chunk\\.ts$' },
      to: {
        path: 'node_modules/(@azure|@azure-rest|pkijs|asn1js|node-forge|azure-pipelines-tool-lib)/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'ports-are-interfaces',
      comment: 'Floor 2 names what floor 4 needs, in the words of floors 0 and 1.',
      severity: 'error',
      from: { path: '^shared/ports/' },
      to: {
        path: '^(shared/(?!(core|oci|image-info|build-manifest|notary|release-report|ports)/)|tasks/|node_modules/(?!@types/node))',
      },
    },
    {
      name: 'clients-below-tasks',
      comment: 'Floor 3 implements ports; it knows neither tasks nor the agent.',
      severity: 'error',
      from: { path: '^shared/(registry|signing|azure)/' },
      to: { path: '^(shared/host/|tasks/)' },
    },
    {
      name: 'clients-do-not-mix',
      comment: 'The registry client and the signers do not know each other.',
      severity: 'error',
      from: { path: '^shared/(registry|signing)/' },
      to: { path: '^shared/(registry|signing)/', pathNot: '^shared/$1/' },
    },
    {
      name: 'stages-know-ports-only',
      comment: 'Floor 4 decides and orders; it never sees a client or the agent.',
      severity: 'error',
      from: { path: TASK_STAGES },
      to: { path: '^shared/(registry|signing|azure|host)/' },
    },
    {
      name: 'stages-do-no-io',
      comment: 'Floor 4 reaches the world through ports.',
      severity: 'error',
      from: { path: TASK_STAGES },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(path|crypto|buffer|util)$' },
    },
    {
      name: 'plan-and-report-are-pure',
      comment: 'Plans and reports read no port: facts in, data out.',
      severity: 'error',
      from: { path: '^tasks/[^/]+/(plan|report)\\.ts$' },
      to: { path: '^shared/ports/' },
    },
    {
      name: 'tasks-stay-apart',
      comment: 'What two tasks need lives in shared.',
      severity: 'error',
      from: { path: '^tasks/([^/]+)/' },
      to: { path: '^tasks/', pathNot: '^tasks/$1/' },
    },
    {
      name: 'only-main-constructs',
      comment: 'Nothing imports main.ts.',
      severity: 'error',
      from: { path: '^(shared|tasks)/' },
      to: { path: '^tasks/[^/]+/main\\.ts$' },
    },
    {
      name: 'only-host-knows-the-agent',
      comment: 'azure-pipelines-task-lib and -tool-lib stay behind shared/host.',
      severity: 'error',
      from: { path: '^(shared|tasks)/', pathNot: '^shared/host/' },
      to: { path: AGENT_PACKAGES },
    },
    {
      name: 'only-main-uses-host',
      comment: 'Floor 5 is constructed in main.ts.',
      severity: 'error',
      from: { path: '^(shared|tasks)/', pathNot: '^(shared/host/|tasks/[^/]+/main\\.ts$)' },
      to: { path: '^shared/host/' },
    },
    {
      name: 'only-transport-knows-undici',
      comment: 'One place speaks HTTP.',
      severity: 'error',
      from: { path: '^(shared|tasks)/', pathNot: '^shared/registry/(transport|exchange)\\.ts$' },
      to: { path: 'node_modules/undici/' },
    },
    {
      name: 'tab-is-for-browsers',
      comment: 'The Images tab runs in a browser: pure text and data of ours, and the SDK.',
      severity: 'error',
      from: { path: '^shared/images-tab/' },
      to: {
        path: '.',
        pathNot:
          '^shared/(images-tab|core)/|^shared/release-report/(model|parse|join)\\.ts$|node_modules/azure-devops-extension-sdk/',
      },
    },
    {
      name: 'only-the-tab-knows-the-page',
      comment: 'Nothing else of the product runs in a browser.',
      severity: 'error',
      from: { path: '^(shared|tasks)/', pathNot: '^shared/images-tab/' },
      to: { path: '^shared/images-tab/|node_modules/azure-devops-extension-sdk/' },
    },
    {
      name: 'product-never-imports-tests',
      comment: 'Test support never reaches a bundle.',
      severity: 'error',
      from: { path: '^(shared|tasks)/' },
      to: { path: '^(test|scripts|bench)/' },
    },
    {
      name: 'no-unresolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-dependency-in-product',
      comment: 'What ships is a dependency.',
      severity: 'error',
      from: { path: '^(shared|tasks)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg'], pathNot: 'node_modules/@types/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
