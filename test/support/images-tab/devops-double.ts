import { REPORT_TYPE } from '../../../shared/release-report/model.ts';
import type { Answer, SeenRequest } from '../http-server.ts';

/** The token that the page gives to the tab. */
export const TOKEN = 'a-token-of-the-user';

const TIMELINE = '3d1f4b3e-0a5c-4f0e-9d57-0b1c2d3e4f50';

/** What the service has of a run, and how it behaves; a test may change it at any time. */
export interface DevopsDouble {
  /** Attached documents; text stands for itself. */
  documents: readonly unknown[];
  /** A status that every call is answered with. */
  fails?: number;
  /** Lists as bare arrays, as the service gives them to some clients. */
  isBare: boolean;
  readonly handle: Answer;
}

/** Plays the REST API of one run, 42 of `project`, for pages of other origins. */
export function devopsDouble(documents: readonly unknown[]): DevopsDouble {
  const double: DevopsDouble = {
    documents,
    isBare: false,
    handle(request, response) {
      response.setHeader('Access-Control-Allow-Origin', request.headers.origin ?? '*');
      response.setHeader('Access-Control-Allow-Headers', 'authorization,x-tfs-fedauthredirect');
      if (request.method === 'OPTIONS') response.writeHead(204).end();
      else answer(double, request, response);
    },
  };
  return double;
}

function answer(double: DevopsDouble, request: SeenRequest, response: Parameters<Answer>[1]): void {
  const send = (status: number, body: unknown): void => {
    response.writeHead(status, { 'Content-Type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
  const { pathname: path, searchParams } = new URL(request.url, 'http://devops.example');
  const run = '/contoso/project/_apis/build/builds/42/';
  if (double.fails !== undefined) send(double.fails, '<html>');
  else if (request.headers.authorization !== `Bearer ${TOKEN}`) send(401, '');
  else if (searchParams.get('api-version') !== '5.0-preview.2') send(400, '');
  else if (path === `${run}attachments/${REPORT_TYPE}`) {
    const value = double.documents.map((_, index) => attachment(index));
    send(200, double.isBare ? value : { count: value.length, value });
  } else {
    const at = double.documents.findIndex((_, index) => path === `${run}${pathOf(index)}`);
    if (at < 0) send(404, '');
    else send(200, double.documents[at]);
  }
}

function attachment(index: number): object {
  // The address names the service as it calls itself, which need not be how the page came there.
  const href = `https://contoso.visualstudio.example/1d/_apis/build/Builds/42/${pathOf(index)}`;
  return { name: `report ${index}`, _links: { self: { href } } };
}

function pathOf(index: number): string {
  const record = `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
  return `${TIMELINE}/${record}/attachments/${REPORT_TYPE}/report%20${index}`;
}
