/** Tells the time; read once, while facts are gathered. */
export interface Clock {
  now(): Date;
}
