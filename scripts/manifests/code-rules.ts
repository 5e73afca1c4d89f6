import { parsed } from '../../shared/core/result.ts';
import { Secret } from '../../shared/core/secret.ts';
import type { InputReader } from '../../shared/ports/host.ts';
import type { ParseInputs, TaskInput, TaskManifest, TaskSource } from './model.ts';

/** How the code reads an input. */
type ReadKind = keyof InputReader;

/** How inputs that name service connections are read. */
const CONNECTION_READS: ReadonlyMap<string, ReadKind> = new Map([
  ['connectedService:dockerregistry', 'connection'],
  ['connectedService:AzureRM', 'azureConnection'],
]);

const FOLDERS = { workspace: '/workspace', working: '/working', temp: '/temp' };

/** What a task declares against what its code reads and sets; each difference is a line. */
export function codeProblems(task: TaskSource): readonly string[] {
  const { manifest, parseInputs, outputsSet, messagesSaid } = task;
  const reads = readsOf(manifest, parseInputs);
  const declared = manifest.inputs.map(({ name }) => name);
  const outputs = manifest.outputVariables.map(({ name }) => name);
  const messages = Object.keys(manifest.messages);
  return [
    ...declared.filter((name) => !reads.has(name)).map((name) => `the input ${name} is never read`),
    ...[...reads.keys()]
      .filter((name) => !declared.includes(name))
      .map((name) => `the code reads ${name}, which is no input`),
    ...manifest.inputs.flatMap((input) => kindProblems(input, reads.get(input.name))),
    ...manifest.inputs.flatMap((input) => optionProblems(input, manifest.inputs, parseInputs)),
    ...outputs
      .filter((name) => !outputsSet.includes(name))
      .map((name) => `the output ${name} is never set`),
    ...outputsSet
      .filter((name) => !outputs.includes(name))
      .map((name) => `the code sets ${name}, which is no output`),
    ...messages
      .filter((key) => !messagesSaid.includes(key))
      .map((key) => `the message ${key} is never said`),
    ...messagesSaid
      .filter((key) => !messages.includes(key))
      .map((key) => `the code says ${key}, which is no message`),
  ];
}

/** What the code reads, whatever is chosen in the pick lists: some inputs are read for one choice only. */
function readsOf(
  { inputs }: TaskManifest,
  parseInputs: ParseInputs,
): ReadonlyMap<string, ReadKind> {
  return new Map(choicesOf(inputs).flatMap((given) => [...listen(parseInputs, given).reads]));
}

interface Listened {
  readonly reads: ReadonlyMap<string, ReadKind>;
  /** The inputs with a word that the code does not know. */
  readonly refused: readonly string[];
}

/** Nothing picked, then each word of each pick list. */
function choicesOf(inputs: readonly TaskInput[]): readonly Readonly<Record<string, string>>[] {
  const picked = inputs.flatMap(({ name, options = {} }) =>
    Object.keys(options).map((word) => ({ [name]: word })),
  );
  return [{}, ...picked];
}

/** Lets the code read its inputs, all empty but the given ones, and tells what it did. */
function listen(parseInputs: ParseInputs, given: Readonly<Record<string, string>>): Listened {
  const reads = new Map<string, ReadKind>();
  const text = (name: string): string => {
    reads.set(name, 'text');
    return given[name] ?? '';
  };
  const secret = (name: string): Secret | undefined => {
    reads.set(name, 'secret');
    const value = given[name];
    return value === undefined ? undefined : new Secret(value);
  };
  const connection: InputReader['connection'] = (name) => {
    reads.set(name, 'connection');
    return parsed(undefined);
  };
  const azureConnection: InputReader['azureConnection'] = (name) => {
    reads.set(name, 'azureConnection');
    return parsed(undefined);
  };
  const result = parseInputs({ text, secret, connection, azureConnection }, FOLDERS);
  // A word may well go badly with other inputs: that is told of a word that is known.
  const unknown = (result.ok ? [] : result.problems).filter(({ message }) =>
    message.startsWith('is not one of'),
  );
  return { reads, refused: unknown.map(({ path }) => path) };
}

function kindProblems({ name, type }: TaskInput, read: ReadKind | undefined): readonly string[] {
  if (read === undefined) return [];
  const needed = CONNECTION_READS.get(type);
  const isConnection = [...CONNECTION_READS.values()].includes(read);
  if (needed === undefined ? !isConnection : read === needed) return [];
  return [`the input ${name} is a ${type}, but the code reads it as ${read}`];
}

/** The options of a pick list are the words that the code knows: each is accepted, another word is not. */
function optionProblems(
  { name, options }: TaskInput,
  inputs: readonly TaskInput[],
  parseInputs: ParseInputs,
): readonly string[] {
  if (options === undefined) return [];
  const isRefused = (word: string): boolean =>
    choicesOf(inputs).some((choice) =>
      listen(parseInputs, { ...choice, [name]: word }).refused.includes(name),
    );
  const refused = Object.keys(options)
    .filter(isRefused)
    .map((word) => `the input ${name} offers ${word}, which the code refuses`);
  return isRefused('no such word') ? refused : [...refused, `the input ${name} takes any word`];
}
