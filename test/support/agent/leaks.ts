import { escapeData } from './commands.ts';

/** What a step let out, and the secrets that must not be in it. */
export interface LeakFacts {
  /** Every line of both streams as the task wrote it, in order. */
  readonly rawLines: readonly string[];
  /** Lines as the user sees them, debug lines among them. */
  readonly shownLines: readonly string[];
  /** Values that the step registered, with the number of raw lines before. */
  readonly registered: readonly { readonly value: string; readonly line: number }[];
  /** Secrets that were known before the step. */
  readonly credentials: readonly string[];
  /** Texts that no mask covers, e.g. `artifact 'a', file b.json`. */
  readonly unmasked: readonly { readonly where: string; readonly text: string }[];
}

/** Shorter values turn up by chance. */
const MIN_LENGTH = 6;

/** One sentence for each place where a secret got out; the secret itself is never in it. */
export function findLeaks(facts: LeakFacts): readonly string[] {
  const values = facts.registered.map(({ value }) => value);
  const secrets = [...facts.credentials, ...values].filter(({ length }) => length >= MIN_LENGTH);
  const forms = secrets.flatMap(derived);
  const shown = facts.shownLines.findIndex((line) => includesAny(line, forms));
  return [
    ...printedTooEarly(facts),
    ...(shown < 0
      ? []
      : [`a secret was shown in a form that no mask covers, in line ${shown + 1}`]),
    ...facts.unmasked
      .filter(({ text }) => includesAny(text, [...secrets, ...forms]))
      .map(({ where }) => `a secret is in ${where}, where nothing is masked`),
  ];
}

function includesAny(text: string, values: readonly string[]): boolean {
  return values.some((value) => text.includes(value));
}

function printedTooEarly({ rawLines, registered }: LeakFacts): readonly string[] {
  return registered.flatMap(({ value, line }) => {
    const at = rawLines
      .slice(0, line)
      .findIndex((raw) => includesAny(raw, [value, escapeData(value)]));
    return at < 0
      ? []
      : [`a secret was printed in line ${at + 1}, before setsecret in line ${line + 1}`];
  });
}

/** Forms of a secret that the agent does not hide when it hides the secret. */
function derived(secret: string): readonly string[] {
  const parts = secret.split(/\r?\n/).filter((part) => !part.startsWith('-----'));
  const forms = [
    Buffer.from(secret).toString('base64'),
    encodeURIComponent(secret),
    JSON.stringify(secret).slice(1, -1),
    ...(parts.length > 1 ? parts : []),
  ];
  return forms.filter((form) => form !== secret && form.length >= MIN_LENGTH);
}
