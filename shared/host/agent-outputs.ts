import * as agent from 'azure-pipelines-task-lib/task.js';
import type { ArtifactSink } from '../ports/artifacts.ts';
import type { OutputWriter } from '../ports/host.ts';
import { runsInBuild } from './agent-inputs.ts';
import { agentLog } from './agent-log.ts';

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
      agent.uploadArtifact(name, folder, name);
      return;
    }
    agentLog.info(`A release has no artifact store: '${name}' stays in ${folder}.`);
  },
};
