import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { looksLikeCommand, parseCommand } from './commands.ts';
import type { LoggingCommand } from './commands.ts';
import type { TaskDefinition } from './definition.ts';
import type { Masks } from './masks.ts';
import { mergeResults, parseResult } from './result.ts';
import type { TaskResult } from './result.ts';
import type { StepLog } from './step-log.ts';
import type { JobVariables } from './variables.ts';

/** A build runs YAML and classic builds; a classic release runs on agents or, as a deployment, on deployment groups. */
export type HostType = 'build' | 'release' | 'deployment';

/** One `task.complete`. */
export interface Completion {
  readonly result: TaskResult;
  readonly message: string;
}

/** A variable as the step set it. */
export interface SetVariable {
  readonly value: string;
  readonly isOutput: boolean;
  readonly isSecret: boolean;
}

/** A file that is attached after the step has ended. */
export interface AttachedFile {
  readonly type: string;
  readonly name: string;
  readonly path: string;
}

/** A path that becomes an artifact after the step has ended. */
export interface Upload {
  readonly name: string;
  readonly path: string;
}

/** Where the commands of a step take effect. */
export interface StepContext {
  readonly definition: TaskDefinition;
  readonly hostType: HostType;
  /** Reference name of the step, the first part of its output variables. */
  readonly name: string;
  readonly variables: JobVariables;
  readonly masks: Masks;
  readonly log: StepLog;
}

type Handler = (command: LoggingCommand) => void;

const SUMMARY_TYPE = 'Distributedtask.Core.Summary';
const INVALID_IN_FILE_NAMES = /["<>|:*?\\/\0-\x1f]/;

/** Commands that a task in restricted mode may use. */
const UNRESTRICTED = new Set([
  ...['logissue', 'issue', 'setprogress', 'logdetail', 'complete', 'setsecret', 'setvariable'],
  ...['settaskvariable', 'prependpath', 'debug', 'publish'],
]);

/** Carries out the logging commands of one step and keeps what they ask for. */
export class StepCommands {
  readonly completions: Completion[] = [];
  readonly set = new Map<string, SetVariable>();
  readonly attachments: AttachedFile[] = [];
  readonly uploads: Upload[] = [];
  readonly progress: { readonly percent: number; readonly text: string }[] = [];
  /** Values registered by the step itself, each with the number of lines that came before. */
  readonly registered: { readonly value: string; readonly line: number }[] = [];
  result: TaskResult | undefined;
  readonly #context: StepContext;
  readonly #handlers: ReadonlyMap<string, Handler>;
  #linesSeen = 0;

  constructor(context: StepContext) {
    this.#context = context;
    this.#handlers = this.#table();
  }

  /** Takes one line of either stream: a command is carried out, all else is shown. */
  takeLine(line: string): void {
    const { log } = this.#context;
    const command = parseCommand(line);
    if (command === undefined) {
      if (looksLikeCommand(line)) log.issue('warning', `This is not a legal command: ${line}`);
      log.info(line);
    } else if (!this.#run(command, line)) {
      log.info(line);
    }
    this.#linesSeen++;
  }

  /** Fails the step with an error, as the agent does when it cannot carry out a command. */
  fail(message: string): void {
    this.#context.log.issue('error', message);
    this.result = mergeResults(this.result, 'Failed');
  }

  /** Returns whether the line is dealt with. */
  #run(command: LoggingCommand, line: string): boolean {
    const { log, definition, hostType } = this.#context;
    const { area, event } = command;
    if (!AREAS.has(area)) {
      log.issue('warning', `There are no commands of the area '${area}'.`);
      return true;
    }
    if (HOSTS_WITHOUT[area]?.includes(hostType) === true) {
      this.fail(`Commands of the area '${area}' are not supported in a ${hostType}.`);
      return false;
    }
    const handler = this.#handlers.get(`${area}.${event}`);
    if (handler === undefined) {
      this.fail(`There is no command '${area}.${event}': ${line}`);
    } else if (definition.isRestricted && !UNRESTRICTED.has(event)) {
      log.issue('warning', `The command '${area}.${event}' is not allowed in restricted mode.`);
    } else {
      this.#execute(handler, command, line);
    }
    return true;
  }

  #execute(handler: Handler, command: LoggingCommand, line: string): void {
    try {
      handler(command);
    } catch (error) {
      this.fail(`The command cannot be carried out: ${line}`);
      this.#context.log.issue('error', error instanceof Error ? error.message : String(error));
    }
    // After the handler, so that a value that it registered is already hidden.
    if (command.event !== 'debug') this.#context.log.debug(`Processed: ${line}`);
  }

  #table(): ReadonlyMap<string, Handler> {
    const ignored: Handler = () => undefined;
    const issue: Handler = (command) => {
      this.#issue(command);
    };
    const table: Readonly<Record<string, Handler>> = {
      'task.complete': (command) => {
        this.#complete(command);
      },
      'task.logissue': issue,
      'task.issue': issue,
      'task.setprogress': ({ properties, data }) => {
        const percent = Number.parseInt(properties.get('value') ?? '0', 10) || 0;
        this.progress.push({ percent: Math.min(Math.max(percent, 0), 100), text: data });
      },
      'task.setsecret': ({ data }) => {
        this.#register(data);
      },
      'task.setvariable': (command) => {
        this.#setVariable(command);
      },
      'task.debug': ({ data }) => {
        this.#context.log.debug(data);
      },
      'task.uploadsummary': ({ data }) => {
        this.#attach({ type: SUMMARY_TYPE, name: basename(data), path: data });
      },
      'task.addattachment': ({ properties, data }) => {
        this.#attach({
          type: required(properties, 'type'),
          name: required(properties, 'name'),
          path: data,
        });
      },
      'artifact.upload': (command) => {
        this.#upload(command);
      },
      ...Object.fromEntries(WITHOUT_EFFECT.map((name) => [name, ignored])),
    };
    return new Map(Object.entries(table));
  }

  #complete({ properties, data }: LoggingCommand): void {
    const result = parseResult(properties.get('result'));
    if (result === undefined) {
      throw new Error(`'${properties.get('result') ?? ''}' is not the name of a result.`);
    }
    this.completions.push({ result, message: this.#context.masks.apply(data) });
    this.result = mergeResults(this.result, result);
  }

  #issue({ properties, data }: LoggingCommand): void {
    const type = properties.get('type')?.toLowerCase();
    if (type !== 'error' && type !== 'warning') {
      throw new Error(`'${type ?? ''}' is not the type of an issue.`);
    }
    this.#context.log.issue(type, data, properties.get('code'));
  }

  #setVariable({ properties, data: value }: LoggingCommand): void {
    const { definition, log, name: step, variables } = this.#context;
    const name = required(properties, 'variable');
    if (!isSettable(name, definition.settable)) {
      log.issue('warning', `The task is not allowed to set the variable '${name}'.`);
      return;
    }
    const isSecret = properties.get('issecret')?.toLowerCase() === 'true';
    const isOutput =
      properties.get('isoutput')?.toLowerCase() === 'true' ||
      definition.outputVariables.some((output) => output.toLowerCase() === name.toLowerCase());
    if (isSecret && value.includes('\n')) throw new Error('A secret variable has one line.');
    if (isSecret) this.#register(value);
    variables.set(isOutput ? `${step}.${name}` : name, value, isSecret);
    this.set.set(name, { value, isOutput, isSecret });
  }

  #register(value: string): void {
    if (value === '') return;
    // What the agent hid before cannot have leaked.
    if (!this.#context.masks.has(value)) this.registered.push({ value, line: this.#linesSeen });
    this.#context.masks.add(value);
  }

  #attach(file: AttachedFile): void {
    for (const text of [file.type, file.name]) {
      if (INVALID_IN_FILE_NAMES.test(text)) throw new Error(`'${text}' is not a file name.`);
    }
    if (!existsSync(file.path)) throw new Error(`The file '${file.path}' does not exist.`);
    this.attachments.push(file);
  }

  #upload({ properties, data: path }: LoggingCommand): void {
    const name = required(properties, 'artifactname');
    if (this.#context.hostType !== 'build') {
      throw new Error('A release has no artifact store: artifact.upload works in builds only.');
    }
    if (INVALID_IN_FILE_NAMES.test(name)) throw new Error(`'${name}' is not an artifact name.`);
    if (!existsSync(path)) throw new Error(`The path '${path}' does not exist.`);
    if (isEmptyFolder(path)) {
      this.#context.log.issue('warning', `The folder '${path}' is empty: nothing is uploaded.`);
      return;
    }
    this.uploads.push({ name, path });
  }
}

/** Areas that have commands. */
const AREAS = new Set(['task', 'artifact', 'build', 'release', 'telemetry']);

/** Hosts that know nothing of an area. */
const HOSTS_WITHOUT: Readonly<Record<string, readonly HostType[]>> = {
  artifact: ['deployment'],
  release: ['build'],
};

/** Known commands whose effect no step can see. */
const WITHOUT_EFFECT = [
  ...['task.logdetail', 'task.settaskvariable', 'task.prependpath', 'task.uploadfile'],
  ...['task.setendpoint', 'artifact.associate', 'build.addbuildtag', 'build.updatebuildnumber'],
  ...['build.uploadlog', 'build.uploadsummary', 'release.updatereleasename', 'telemetry.publish'],
];

function required(properties: ReadonlyMap<string, string>, name: string): string {
  const value = properties.get(name);
  if (value === undefined) throw new Error(`The property '${name}' is missing.`);
  return value;
}

function isSettable(name: string, patterns: readonly string[] | undefined): boolean {
  if (patterns === undefined) return true;
  return patterns.some((pattern) => {
    const parts = pattern.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`, 'i').test(name);
  });
}

function isEmptyFolder(path: string): boolean {
  if (!statSync(path).isDirectory()) return false;
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  return !entries.some((entry) => entry.isFile());
}
