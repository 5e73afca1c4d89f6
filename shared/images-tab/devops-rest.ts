import type { JsonValue } from '../core/json.ts';
import type { Answer, Get } from './attachments.ts';

/** A report of the largest release known has half a megabyte. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** Gets JSON from Azure DevOps with the token of the user who looks at the page. */
export function devopsRest(accessToken: () => Promise<string>): Get {
  return async (url, signal) => {
    const response = await fetch(url, {
      headers: {
        Accept: 'application/json',
        Authorization: `Bearer ${await accessToken()}`,
        // Else a token that is not taken answers with the page to sign in.
        'X-TFS-FedAuthRedirect': 'Suppress',
      },
      ...{ signal, cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer' },
    });
    return answerOf(response);
  };
}

async function answerOf(response: Response): Promise<Answer> {
  // 203 is the page to sign in.
  if ([203, 401, 403].includes(response.status)) return { kind: 'denied' };
  if (response.status === 404) return { kind: 'absent' };
  if (!response.ok) return failed(`Azure DevOps answered with ${response.status}.`);
  if (Number(response.headers.get('Content-Length') ?? 0) > MAX_ANSWER_BYTES) {
    return failed('The answer is too large.');
  }
  const text = await response.text();
  if (text.length > MAX_ANSWER_BYTES) return failed('The answer is too large.');
  try {
    return { kind: 'json', value: JSON.parse(text) as JsonValue };
  } catch {
    return failed('The answer is not JSON.');
  }
}

function failed(message: string): Answer {
  return { kind: 'failed', message };
}
