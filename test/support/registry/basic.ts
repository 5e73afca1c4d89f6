/** A name with its password, as a request brings them. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** The credentials of an `Authorization: Basic` header. */
export function basicCredentials(header: string | undefined): Credentials | undefined {
  const [scheme, value] = header?.split(' ') ?? [];
  if (scheme?.toLowerCase() !== 'basic' || value === undefined) return undefined;
  const pair = Buffer.from(value, 'base64').toString('utf8');
  const colon = pair.indexOf(':');
  if (colon === -1) return undefined;
  return { username: pair.slice(0, colon), password: pair.slice(colon + 1) };
}

/** Whether credentials are those of the one account. */
export function isAccount(account: Credentials, given: Credentials): boolean {
  return account.username === given.username && account.password === given.password;
}
