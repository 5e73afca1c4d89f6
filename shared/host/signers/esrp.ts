import { join } from 'node:path';
import { TaskError } from '../../core/errors.ts';
import type { EsrpSettings } from '../../ports/signer-settings.ts';
import type { Signer } from '../../ports/signer.ts';
import { createEsrpSigner } from '../../signing/esrp-signer.ts';
import { runFolders } from '../agent-inputs.ts';
import { nodeFileReader } from '../node-files.ts';
import { programEnvironment } from './program-environment.ts';

/** Where there is no certificate store, DDSignFiles logs in with what is in this variable, or tries for ever. */
const LOGIN_VARIABLE = 'VSENGESRPSSL';

/** Opens the signer for ESRP; what DDSignFiles needs is checked before it is asked. */
export async function openEsrpSigner({
  toolFolder,
  keyCode,
  signType,
}: EsrpSettings): Promise<Signer> {
  const tool = join(toolFolder, 'DDSignFiles.dll');
  if (!(await nodeFileReader.isFile(tool))) {
    throw new TaskError('FILE_NOT_FOUND', `There is no ${tool}.`, {
      hint: 'Run the MicroBuild signing plugin before this step, or correct esrpToolPath.',
    });
  }
  const environment = programEnvironment(process.env);
  if (process.platform !== 'win32' && (environment[LOGIN_VARIABLE] ?? '') === '') {
    throw new TaskError('CREDENTIALS_INVALID', `The variable ${LOGIN_VARIABLE} is not set.`, {
      hint: 'The MicroBuild signing plugin sets it; map it with env where the step runs in a container.',
    });
  }
  return createEsrpSigner({ toolFolder, keyCode, signType, temp: runFolders().temp, environment });
}
