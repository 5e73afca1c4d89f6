import { TaskError } from '../core/errors.ts';
import { isJsonObject, parseJson } from '../core/json.ts';
import type { JsonValue } from '../core/json.ts';
import { Secret } from '../core/secret.ts';
import { neutralise } from '../core/text.ts';
import type { HttpAnswer, HttpClient } from '../ports/http.ts';

/** A project of Azure DevOps, and who asks. */
export interface DevOpsProject {
  /** The collection, e.g. `https://dev.azure.com/org/` or `https://server.example/tfs/DefaultCollection/`. */
  readonly collection: URL;
  /** Id or name. */
  readonly project: string;
  /** The access token of the job. */
  readonly token: Secret;
}

/** An artifact as a run lists it. */
export interface RunArtifact {
  readonly name: string;
  /** How it is stored, e.g. `PipelineArtifact`, `Container`, `FilePath`. */
  readonly type: string;
}

/** The oldest version with everything used here, so that Azure DevOps Server 2020 knows it too. */
const API_VERSION = '6.0';

/** A run with thousands of artifacts has a list of a few megabytes. */
const MAX_LIST_BYTES = 32 * 1024 * 1024;

/** Image-info is a few megabytes; an artifact above this holds other things. */
const MAX_ARCHIVE_BYTES = 256 * 1024 * 1024;

/** Reads the artifacts of runs of one project. */
export class DevOpsClient {
  readonly #http: HttpClient;
  readonly #project: DevOpsProject;

  constructor(http: HttpClient, project: DevOpsProject) {
    this.#http = http;
    this.#project = project;
  }

  /**
   * The artifacts of a run.
   *
   * @throws TaskError `RUN_NOT_FOUND`, `SERVICE_DENIED` or `SERVICE_UNAVAILABLE`
   * @see https://learn.microsoft.com/rest/api/azure/devops/build/artifacts/list
   */
  async listArtifacts(runId: number, signal: AbortSignal): Promise<readonly RunArtifact[]> {
    const what = `list the artifacts of run ${runId}`;
    const accept = 'application/json';
    const call = { what, runId, parameters: {}, accept, maxBytes: MAX_LIST_BYTES };
    const answer = await this.#get(call, signal);
    const json = parseJson(answer.bytes, '');
    const list = json.ok && isJsonObject(json.value) ? json.value['value'] : undefined;
    if (!Array.isArray(list)) throw signInPage(call);
    return (list as readonly JsonValue[]).flatMap(readArtifact);
  }

  /**
   * All files of an artifact as a zip archive.
   *
   * @throws TaskError `ARTIFACT_NOT_FOUND`, `ARTIFACT_INVALID`, `SERVICE_DENIED` or `SERVICE_UNAVAILABLE`
   * @see https://learn.microsoft.com/rest/api/azure/devops/build/artifacts/get-artifact
   */
  async downloadArtifact(runId: number, name: string, signal: AbortSignal): Promise<Uint8Array> {
    const parameters = { artifactName: name, $format: 'zip' };
    const what = `download the artifact ${neutralise(name)} of run ${runId}`;
    const accept = 'application/zip';
    const call = { what, runId, parameters, accept, maxBytes: MAX_ARCHIVE_BYTES };
    return (await this.#get(call, signal)).bytes;
  }

  async #get(call: Call, signal: AbortSignal): Promise<HttpAnswer> {
    const { collection, project, token } = this.#project;
    const { runId, parameters, accept, maxBytes } = call;
    const base = collection.href.replace(/\/*$/, '/');
    const url = new URL(
      `${base}${encodeURIComponent(project)}/_apis/build/builds/${runId}/artifacts`,
    );
    for (const [name, value] of Object.entries({ ...parameters, 'api-version': API_VERSION })) {
      url.searchParams.set(name, value);
    }
    const answer = await this.#http.call(
      {
        method: 'GET',
        url,
        // Without this header, a token that is not good leads to a page to sign in at.
        headers: { accept, 'x-tfs-fedauthredirect': 'Suppress' },
        authorization: new Secret(`Bearer ${token.reveal()}`),
        maxBytes,
      },
      { mayRepeat: true, signal },
    );
    refuseFailure(call, answer);
    return answer;
  }
}

interface Call {
  /** Completes the sentence "Cannot …". */
  readonly what: string;
  readonly runId: number;
  readonly parameters: Readonly<Record<string, string>>;
  readonly accept: string;
  readonly maxBytes: number;
}

/** Names are asked for again and become folders, so only those are taken that Azure DevOps allows. */
const ARTIFACT_NAME = /^(?!\.+$)[^"<>|:*?\\/\p{Cc}]{1,255}$/u;

function readArtifact(value: JsonValue): readonly RunArtifact[] {
  const { name, resource } = isJsonObject(value) ? value : {};
  const type = isJsonObject(resource) ? resource['type'] : undefined;
  if (typeof name !== 'string' || !ARTIFACT_NAME.test(name)) return [];
  return [{ name, type: typeof type === 'string' ? type : '' }];
}

const HINTS = {
  SERVICE_DENIED:
    "Give the build service of the project ('<project> Build Service (<organization>)') the permission View builds on that pipeline. For a run of another project, 'Limit job authorization scope to current project' must be off in both projects' pipeline settings.",
  RUN_NOT_FOUND:
    'Check the id and that the run belongs to this project, that it was not deleted by its retention policy, and that the build service of the project has the permission View builds.',
  ARTIFACT_NOT_FOUND: 'Check that the artifact was not deleted while this step was running.',
  SERVICE_UNAVAILABLE: 'Check the state of Azure DevOps, then run again.',
} as const;

function refuseFailure(call: Call, answer: HttpAnswer): void {
  const { status, header } = answer;
  const isPage = header('content-type')?.includes('html') === true;
  if (status === 401 || status === 203 || (status === 200 && isPage)) throw signInPage(call);
  if (status === 200) return;
  const code = codeOf(status, call);
  throw new TaskError(
    code,
    `Cannot ${call.what}: Azure DevOps answered ${status}${saidIn(answer)}.`,
    { hint: HINTS[code] },
  );
}

function codeOf(status: number, { parameters }: Call): keyof typeof HINTS {
  if (status === 403) return 'SERVICE_DENIED';
  if (status !== 404 && status !== 410) return 'SERVICE_UNAVAILABLE';
  return 'artifactName' in parameters ? 'ARTIFACT_NOT_FOUND' : 'RUN_NOT_FOUND';
}

/** A token that is not good is answered with a page for people to sign in at. */
function signInPage({ what }: Call): TaskError {
  return new TaskError(
    'SERVICE_DENIED',
    `Cannot ${what}: Azure DevOps did not accept the access token of the job.`,
    {
      hint: 'The token ends with the time limit of the job: run the job again, with a longer timeoutInMinutes if it ran into it.',
    },
  );
}

/** What the service says in the body of a refusal, e.g. ` (TF50309: …)`. */
function saidIn({ bytes }: HttpAnswer): string {
  const json = parseJson(bytes, '');
  const message = json.ok && isJsonObject(json.value) ? json.value['message'] : undefined;
  return typeof message === 'string' ? ` (${neutralise(message).replace(/\.$/, '')})` : '';
}
