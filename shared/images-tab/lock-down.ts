import { element } from './dom.ts';

/**
 * Lets the page speak to one origin only from here on. The policy in index.html cannot name it: organizations and
 * servers have their own.
 */
export function lockDown(collection: string): void {
  const { origin } = new URL(collection);
  document.head.append(
    element('meta', { 'http-equiv': 'Content-Security-Policy', content: `connect-src ${origin}` }),
  );
}
