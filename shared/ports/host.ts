import type { Parsed } from '../core/result.ts';
import type { Secret } from '../core/secret.ts';
import type { TaskReport } from '../release-report/model.ts';
import type { AzureConnection } from './azure.ts';

/** Where a task tells what it does. There is no `error`: throwing is how a task fails. */
export interface Log {
  /** Shown only when the pipeline runs with `System.Debug`; the message is not made otherwise. */
  debug(message: () => string): void;
  info(message: string): void;
  warn(message: string): void;
  /** Lines folded under a title. */
  group(title: string, lines: readonly string[]): void;
  /** How much of the work is done, 0 to 100, on the page of the run; each call costs it an update. */
  progress(percent: number, message: string): void;
}

/** A user name and password for one registry. */
export interface UserPassword {
  readonly username: string;
  readonly password: Secret;
}

/** What a registry service connection gives, e.g. host `example.azurecr.io`. */
export interface RegistryConnection {
  readonly registry: string;
  readonly credential?: UserPassword;
  /** The identity, when it is an Azure container registry. */
  readonly azure?: AzureConnection;
  /** The resource of an Azure container registry: `/subscriptions/…/registries/example`. */
  readonly registryId?: string;
}

/** Reads what the pipeline gave to the task. */
export interface InputReader {
  /** The text of an input, trimmed; empty when not given. */
  text(name: string): string;
  /** The text of an input that must not be printed, absent when empty. */
  secret(name: string): Secret | undefined;
  /** The registry service connection named by an input, absent when the input is empty. */
  connection(name: string): Parsed<RegistryConnection | undefined>;
  /** The Azure Resource Manager connection named by an input, absent when the input is empty. */
  azureConnection(name: string): Parsed<AzureConnection | undefined>;
}

/** Folders of the run, absolute. */
export interface RunFolders {
  /** `Pipeline.Workspace`; in a classic release the artifacts directory. */
  readonly workspace: string;
  /** `System.DefaultWorkingDirectory`. */
  readonly working: string;
  /** `Agent.TempDirectory`. */
  readonly temp: string;
}

/** Hands results to the steps, jobs and stages that follow. */
export interface OutputWriter {
  /** Sets an output variable of the step. */
  set(name: string, value: string): void;
}

/** Shows text on the page of the run. */
export interface RunSummary {
  /** Shows Markdown, without secrets: the agent masks logs only. */
  offer(markdown: string): Promise<void>;
}

/** A file for the tabs of the run's page, which find it by type and name. */
export interface Attachment {
  /** E.g. `image-release`; a valid file name. */
  readonly type: string;
  /** E.g. `release`; a valid file name. */
  readonly name: string;
  /** Absolute; read once the step has ended, so the file must stay. */
  readonly path: string;
}

/** Tells the Images tab of the run's page what a task did. */
export interface ReleaseReports {
  /** Offers a report without secrets: the agent masks logs only. */
  offer(report: TaskReport): Promise<void>;
}

/** Attaches files to the running step. */
export interface Attachments {
  /** Offers a file without secrets: the agent masks logs only. */
  offer(attachment: Attachment): void;
}
