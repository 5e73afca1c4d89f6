import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import * as agent from 'azure-pipelines-task-lib/task.js';
import type { FileWriter } from '../ports/files.ts';
import type { ReleaseReports } from '../ports/host.ts';
import { REPORT_TYPE, REPORT_VERSION } from '../release-report/model.ts';
import type { ReportDocument, ReportSource } from '../release-report/model.ts';
import { runFolders, runsInBuild } from './agent-inputs.ts';
import { agentAttachments } from './agent-outputs.ts';
import { systemClock } from './system.ts';

/** Reports for the Images tab, as attachments of the step; a classic release has no such tab. */
export function agentReports(files: FileWriter): ReleaseReports {
  return {
    async offer(report) {
      if (!runsInBuild()) return;
      const document: ReportDocument = {
        version: REPORT_VERSION,
        source: reportSource(),
        createdAt: systemClock.now().toISOString(),
        ...report,
      };
      const path = join(runFolders().temp, 'release-report', randomUUID(), `${report.kind}.json`);
      await files.write(path, Buffer.from(JSON.stringify(document)));
      agentAttachments.offer({ type: REPORT_TYPE, name: report.kind, path });
    },
  };
}

function reportSource(): ReportSource {
  const names = ['System.StageName', 'System.PhaseName', 'System.JobName'];
  return {
    job: names.map((name) => agent.getVariable(name) ?? '').join('.'),
    stageAttempt: attemptOf('System.StageAttempt'),
    jobAttempt: attemptOf('System.JobAttempt'),
  };
}

function attemptOf(name: string): number {
  const attempt = agent.getVariable(name) ?? '';
  return /^\d{1,9}$/.test(attempt) ? Number(attempt) : 1;
}
