/** Tells the time; read once, while facts are gathered. */
export interface Clock {
  now(): Date;
}

/** A clock that can also wait, for what is asked for again and again. */
export interface Timer extends Clock {
  /** Waits; rejects with the signal's reason when it aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
