import assert from 'node:assert/strict';
import { productProblems } from '../../scripts/check-manifests.ts';
import { ROOT } from '../../scripts/layout.ts';
import type {
  Product,
  TaskInput,
  TaskManifest,
  TaskSource,
} from '../../scripts/manifests/model.ts';
import { readProduct } from '../../scripts/manifests/read.ts';
import { definite } from '../../shared/core/errors.ts';

/** The product with its first task, CreateManifestLists, changed. */
function withTask(product: Product, change: (task: TaskSource) => Partial<TaskSource>): Product {
  const [first, ...others] = product.tasks;
  const task = definite(first, 'the first task');
  return { ...product, tasks: [{ ...task, ...change(task) }, ...others] };
}

/** The same with its task.json changed. */
function withManifest(
  product: Product,
  change: (manifest: TaskManifest) => Partial<TaskManifest>,
): Product {
  return withTask(product, ({ manifest }) => ({ manifest: { ...manifest, ...change(manifest) } }));
}

/** The same with one input changed. */
function withInput(product: Product, name: string, change: Partial<TaskInput>): Product {
  return withManifest(product, ({ inputs }) => ({
    inputs: inputs.map((input) => (input.name === name ? { ...input, ...change } : input)),
  }));
}

const NEW_INPUT: TaskInput = {
  name: 'brandNew',
  type: 'string',
  label: 'New',
  required: false,
  helpMarkDown: 'New, for example `new`.',
};

const PLANTED: readonly {
  readonly name: string;
  readonly plant: (product: Product) => Product;
  readonly found: readonly RegExp[];
}[] = [
  {
    name: 'an extension of another version',
    plant: (product) => ({ ...product, extension: { ...product.extension, version: '9.9.9' } }),
    found: [/^vss-extension\.json: version is 9\.9\.9/],
  },
  {
    name: 'a task of another version',
    plant: (product) =>
      withManifest(product, ({ version }) => ({ version: { ...version, Patch: 99 } })),
    found: [/task\.json has version \d+\.\d+\.99/],
  },
  {
    name: 'a task that is not contributed',
    plant: (product) => {
      const [, ...contributions] = product.extension.contributions;
      return { ...product, extension: { ...product.extension, contributions } };
    },
    found: [/no contribution for CreateManifestLists/],
  },
  {
    name: 'two tasks with one id',
    plant: (product) =>
      withManifest(product, () => ({ id: definite(product.tasks[1], 'a task').manifest.id })),
    found: [/two tasks have the id/],
  },
  {
    name: 'a handler that starts another file',
    plant: (product) =>
      withManifest(product, () => ({ execution: { Node24: { target: 'main.js' } } })),
    found: [/Node24 starts main\.js/],
  },
  {
    name: 'an input that the code never reads',
    plant: (product) => withManifest(product, ({ inputs }) => ({ inputs: [...inputs, NEW_INPUT] })),
    found: [/the input brandNew is never read/, /the input brandNew is new: record \{/],
  },
  {
    name: 'an input that is read but not declared',
    plant: (product) =>
      withTask(product, ({ parseInputs }) => ({
        parseInputs: (input, folders) => {
          input.text('undeclared');
          return parseInputs(input, folders);
        },
      })),
    found: [/the code reads undeclared, which is no input/],
  },
  {
    name: 'an input that disappeared',
    plant: (product) =>
      withManifest(product, ({ inputs }) => ({
        inputs: inputs.filter(({ name }) => name !== 'dryRun'),
      })),
    found: [/the code reads dryRun/, /the input dryRun disappeared/],
  },
  {
    name: 'a connection that is declared as text',
    plant: (product) => withInput(product, 'registryConnection', { type: 'string' }),
    found: [/reads it as connection/, /registryConnection changed its meaning/],
  },
  {
    name: 'another default',
    plant: (product) => withInput(product, 'missingPlatforms', { defaultValue: 'allow' }),
    found: [/missingPlatforms changed its meaning/],
  },
  {
    name: 'an option that the code refuses',
    plant: (product) =>
      withInput(product, 'missingPlatforms', {
        options: { fail: 'Fail', import: 'Import', allow: 'Allow', wish: 'Wish' },
      }),
    found: [/offers wish, which the code refuses/, /takes more than before: record \{/],
  },
  {
    name: 'a pick list whose words the code does not check',
    plant: (product) =>
      withInput(product, 'artifactName', {
        type: 'pickList',
        options: { 'image-info': 'image-info' },
      }),
    found: [/artifactName takes any word/, /artifactName changed its meaning/],
  },
  {
    name: 'a default that is no option',
    plant: (product) => withInput(product, 'mediaType', { options: { oci: 'OCI' } }),
    found: [/mediaType: the default auto is no option/, /mediaType changed its meaning/],
  },
  {
    name: 'a list that nothing fills',
    plant: (product) =>
      withInput(product, 'registry', {
        type: 'pickList',
        properties: { EditableOptions: 'True' },
      }),
    found: [/registry: nothing fills its list/, /registry changed its meaning/],
  },
  {
    name: 'a list that is asked for without a connection',
    plant: (product) =>
      withManifest(product, () => ({
        dataSourceBindings: [
          { target: 'registry', endpointId: '$(dryRun)', resultTemplate: '{"Value":""}' },
          { target: 'registry', endpointId: '$(registryConnection)', resultTemplate: '{' },
        ],
      })),
    found: [
      /two bindings fill registry/,
      /fills no pickList with EditableOptions/,
      /asks with dryRun, which is no service connection/,
      /no template for Value and DisplayValue/,
      /fills no pickList with EditableOptions/,
      /no template for Value and DisplayValue/,
    ],
  },
  {
    name: 'a help text without an example',
    plant: (product) => withInput(product, 'registry', { helpMarkDown: 'The registry.' }),
    found: [/registry: helpMarkDown gives no example/],
  },
  {
    name: 'an input in a group that does not exist',
    plant: (product) => withInput(product, 'registry', { groupName: 'nowhere' }),
    found: [/the group nowhere does not exist/],
  },
  {
    name: 'a rule over something that is no input',
    plant: (product) => withInput(product, 'registry', { visibleRule: 'nothing = true' }),
    found: [/visibleRule of registry names nothing/],
  },
  {
    name: 'a display name over something that is no input',
    plant: (product) => withManifest(product, () => ({ instanceNameFormat: 'Do $(it)' })),
    found: [/instanceNameFormat names it/],
  },
  {
    name: 'an output that the code never sets',
    plant: (product) =>
      withTask(product, ({ outputsSet }) => ({
        outputsSet: outputsSet.filter((name) => name !== 'planPath'),
      })),
    found: [/the output planPath is never set/],
  },
  {
    name: 'an output that is set but not declared',
    plant: (product) =>
      withTask(product, ({ outputsSet }) => ({ outputsSet: [...outputsSet, 'secretly'] })),
    found: [/the code sets secretly, which is no output/],
  },
  {
    name: 'an output that disappeared and may still be set',
    plant: (product) =>
      withManifest(product, ({ outputVariables }) => ({
        outputVariables: outputVariables.filter(({ name }) => name !== 'planPath'),
      })),
    found: [
      /settableVariables allows planPath/,
      /the code sets planPath/,
      /the output planPath disappeared/,
    ],
  },
  {
    name: 'a message that the code never says',
    plant: (product) =>
      withManifest(product, ({ messages }) => ({ messages: { ...messages, Idle: 'Nothing.' } })),
    found: [/the message Idle is never said/],
  },
  {
    name: 'a message that is said but not declared',
    plant: (product) => withManifest(product, () => ({ messages: {} })),
    found: ['ConnectionNotDelivered', 'AnotherAttempt', 'NoArtifactStore', 'OnlyResults']
      .concat('Canceled', 'InternalError', 'ForkWithoutSecrets')
      .map((key) => new RegExp(`the code says ${key}, which is no message`)),
  },
  {
    name: 'a major version without a record',
    plant: (product) => ({ ...product, contract: {} }),
    found: [
      /no record of CreateManifestLists@1/,
      /no record of SignImageInfo@1/,
      /no record of PublishArtifacts@1/,
    ],
  },
];

describe('check-manifests productProblems', () => {
  let product: Product;

  before(async () => {
    product = await readProduct(ROOT);
  });

  it('finds nothing wrong with the repository', () => {
    assert.deepEqual(productProblems(product), []);
  });

  it('offers the registries and key vaults that an Azure connection of the step can list', () => {
    const lists = product.tasks.map(({ folder, manifest }) => [
      folder,
      ...(manifest.dataSourceBindings ?? []).map(({ target }) => target),
    ]);
    assert.deepEqual(lists, [
      ['CreateManifestLists'],
      ['SignImageInfo', 'registry', 'keyVaultKey'],
      ['PublishArtifacts', 'sourceRegistry', 'targetRegistry'],
    ]);
  });

  for (const { name, plant, found } of PLANTED) {
    it(`finds ${name}`, () => {
      const known = productProblems(product);
      const problems = productProblems(plant(product)).filter((line) => !known.includes(line));
      assert.equal(problems.length, found.length, problems.join('\n'));
      found.forEach((pattern, index) => {
        assert.match(problems[index] ?? '', pattern);
      });
    });
  }
});
