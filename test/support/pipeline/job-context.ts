import type { Agent } from '../agent/agent.ts';
import type { RunArtifacts, Site } from './site.ts';

/** What the steps of one job work with. */
export interface JobContext {
  readonly site: Site;
  readonly agent: Agent;
  readonly artifacts: RunArtifacts;
}

/** A task step as the pipeline has it. */
export interface TaskStep {
  readonly task: string;
  readonly name: string | undefined;
  readonly inputs: Readonly<Record<string, string>>;
}
