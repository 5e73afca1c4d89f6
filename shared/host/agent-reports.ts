import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { FileWriter } from '../ports/files.ts';
import type { ReleaseReports } from '../ports/host.ts';
import { REPORT_TYPE, REPORT_VERSION } from '../release-report/model.ts';
import type { ReportDocument, ReportSource } from '../release-report/model.ts';
import { jobAttempts, runFolders, runsInBuild, variable } from './agent-inputs.ts';
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
  const { stage, job } = jobAttempts();
  return {
    job: names.map((name) => variable(name) ?? '').join('.'),
    stageAttempt: stage,
    jobAttempt: job,
  };
}
