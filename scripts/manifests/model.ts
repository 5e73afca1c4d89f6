import type { InputReader, RunFolders } from '../../shared/ports/host.ts';
import type { Parsed } from '../../shared/core/result.ts';

/** An input of a task, as task.json declares it. */
export interface TaskInput {
  readonly name: string;
  readonly type: string;
  readonly label: string;
  readonly required: boolean;
  readonly defaultValue?: string | boolean;
  readonly groupName?: string;
  readonly visibleRule?: string;
  readonly options?: Readonly<Record<string, string>>;
  readonly properties?: Readonly<Record<string, string | boolean>>;
  readonly helpMarkDown: string;
}

/** Inputs that stand together in the editor. */
export interface TaskGroup {
  readonly name: string;
  readonly displayName: string;
  readonly visibleRule?: string;
}

/** What fills the list of an input while a pipeline is edited. */
export interface DataSourceBinding {
  /** The input whose list it is. */
  readonly target: string;
  /** The input with the service connection, e.g. `$(azureSubscription)`. */
  readonly endpointId: string;
  /** Fields of an answer in Mustache, as JSON with Value and DisplayValue. */
  readonly resultTemplate: string;
}

/** What the checks read of a task.json. */
export interface TaskManifest {
  readonly id: string;
  readonly name: string;
  readonly friendlyName: string;
  readonly version: { readonly Major: number; readonly Minor: number; readonly Patch: number };
  readonly instanceNameFormat: string;
  readonly groups?: readonly TaskGroup[];
  readonly inputs: readonly TaskInput[];
  readonly dataSourceBindings?: readonly DataSourceBinding[];
  readonly outputVariables: readonly { readonly name: string }[];
  /** What the code says by `loc`, by key. */
  readonly messages: Readonly<Record<string, string>>;
  readonly execution: Readonly<Record<string, { readonly target: string }>>;
  readonly restrictions: {
    readonly commands: { readonly mode: string };
    readonly settableVariables: { readonly allowed: readonly string[] };
  };
}

/** What the checks read of vss-extension.json. */
export interface ExtensionManifest {
  readonly version: string;
  readonly contributions: readonly {
    readonly properties: { readonly name: string; readonly supportsTasks?: readonly string[] };
  }[];
}

/** The function that each task reads its inputs with. */
export type ParseInputs = (input: InputReader, folders: RunFolders) => Parsed<unknown>;

/** A task as it stands in the repository: what it declares and what its code does. */
export interface TaskSource {
  /** Its folder below `tasks`. */
  readonly folder: string;
  readonly manifest: TaskManifest;
  readonly parseInputs: ParseInputs;
  /** The output variables that its code sets. */
  readonly outputsSet: readonly string[];
  /** The keys of the messages that its code says. */
  readonly messagesSaid: readonly string[];
}

/** What users rely on of one input. */
export interface InputRecord {
  readonly type: string;
  readonly required: boolean;
  readonly default: string;
  readonly options?: readonly string[];
}

/** What users rely on of one major version of a task. */
export interface ContractRecord {
  readonly inputs: Readonly<Record<string, InputRecord>>;
  readonly outputs: readonly string[];
}

/** The committed record, by task and major version, e.g. `SignImageInfo@1`. */
export type Contract = Readonly<Record<string, ContractRecord>>;

/** Everything that has to agree. */
export interface Product {
  readonly version: string;
  readonly extension: ExtensionManifest;
  readonly tasks: readonly TaskSource[];
  readonly contract: Contract;
}
