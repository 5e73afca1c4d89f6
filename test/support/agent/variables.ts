/** A pipeline variable of the running job. */
export interface Variable {
  readonly name: string;
  readonly value: string;
  readonly isSecret: boolean;
}

/** The variables of a job; names are compared without case. */
export class JobVariables {
  readonly #byName = new Map<string, Variable>();

  set(name: string, value: string, isSecret = false): void {
    this.#byName.set(name.toLowerCase(), { name, value, isSecret });
  }

  get(name: string): string | undefined {
    return this.#byName.get(name.toLowerCase())?.value;
  }

  all(): readonly Variable[] {
    return [...this.#byName.values()];
  }

  /** Text with each `$(name)` replaced once; a name that no variable has stays as it is. */
  expand(text: string): string {
    let result = '';
    let rest = text;
    for (;;) {
      const start = rest.indexOf('$(');
      const end = start < 0 ? -1 : rest.indexOf(')', start);
      if (end < 0) return result + rest;
      const value = this.get(rest.slice(start + 2, end));
      // After an unknown name the search goes on inside it: `$(a$(b))` expands `$(b)`.
      const next = value === undefined ? start + 1 : end + 1;
      result += rest.slice(0, start) + (value ?? '$');
      rest = rest.slice(next);
    }
  }
}

/** The name of an environment variable for a pipeline name: `Build.BuildId` is `BUILD_BUILDID`. */
export function environmentName(name: string): string {
  return name.replaceAll(/[. ]/g, '_').toUpperCase();
}
