import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import * as agent from 'azure-pipelines-task-lib/task.js';
import { attemptName } from '../image-info/artifact-names.ts';
import type { ArtifactSink } from '../ports/artifacts.ts';
import type { FileWriter } from '../ports/files.ts';
import type { Attachments, OutputWriter, RunSummary } from '../ports/host.ts';
import { jobAttempts, runFolders, runsInBuild } from './agent-inputs.ts';
import { agentLog } from './agent-log.ts';
import { loc } from './messages.ts';

/** Output variables of the running step. */
export const agentOutputs: OutputWriter = {
  set(name, value) {
    agent.setVariable(name, value, false, true);
  },
};

/** Uploads build artifacts; the agent does it once the step has ended, so the files must stay. */
export const agentArtifacts: ArtifactSink = {
  offer(name, folder) {
    if (runsInBuild()) {
      const unique = attemptName(name, jobAttempts());
      if (unique !== name) agentLog.info(loc('AnotherAttempt', name, unique));
      agent.uploadArtifact(unique, folder, unique);
      return;
    }
    agentLog.info(loc('NoArtifactStore', name, folder));
  },
};

/** Files on the page of the run; the agent takes them once the step has ended. */
export const agentAttachments: Attachments = {
  offer({ type, name, path }) {
    agent.addAttachment(type, name, path);
  },
};

/** A section on the page of the run; its title is the name of the file that the agent takes when the step has ended. */
export function agentSummary(title: string, files: FileWriter): RunSummary {
  return {
    async offer(markdown) {
      const path = join(runFolders().temp, 'run-summary', randomUUID(), `${title}.md`);
      await files.write(path, Buffer.from(markdown));
      agent.uploadSummary(path);
    },
  };
}
