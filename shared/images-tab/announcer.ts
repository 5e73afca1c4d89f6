import { byId } from './dom.ts';

/** Has assistive technology say a sentence without moving focus. */
export function announce(sentence: string): void {
  // An equal sentence would not be said again.
  const live = byId('announcer');
  live.textContent = live.textContent === sentence ? `${sentence}\u00a0` : sentence;
}
