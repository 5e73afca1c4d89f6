/** A service connection as the agent delivers it. */
export interface Endpoint {
  /** The GUID of the connection. */
  readonly id: string;
  readonly url: string;
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string | undefined>>;
  /** What is no secret, e.g. `registrytype`; absent when it is not set. */
  readonly data: (name: string) => string | undefined;
}

/** A parameter, absent when empty. Names keep the case that the service gave them, which differs between kinds of connections. */
export function parameter({ parameters }: Endpoint, name: string): string | undefined {
  const wanted = name.toLowerCase();
  const key = Object.keys(parameters).find((one) => one.toLowerCase() === wanted);
  const value = key === undefined ? undefined : parameters[key];
  return value === '' ? undefined : value;
}
