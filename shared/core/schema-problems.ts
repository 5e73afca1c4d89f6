import type { Problem } from './result.ts';
import { neutralise } from './text.ts';

/** What a compiled JSON schema says about one difference. */
export interface SchemaError {
  readonly instancePath: string;
  readonly schemaPath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string;
}

/** In words, what the patterns of a schema ask for, by the name of the definition: `{ tag: 'a tag' }`. */
export type FormNames = Readonly<Record<string, string>>;

/**
 * Differences from a JSON schema as problems with the path in the document:
 * `{ path: 'a.json: repos[3].images[0].digest', message: 'is required' }`.
 */
export function schemaProblems(
  errors: readonly SchemaError[],
  file: string,
  forms: FormNames,
): readonly Problem[] {
  return errors.map((error) => ({
    path: pathIn(file, [...pointerSegments(error.instancePath), ...missingMember(error)]),
    message: messageOf(error, forms),
  }));
}

/** A path in a document of a file: `a.json: repos[3].images[0]["a b"]`; the file alone for the whole document. */
export function pathIn(file: string, segments: readonly (string | number)[]): string {
  const path = segments.map(formatSegment).join('').replace(/^\./, '');
  return path === '' ? neutralise(file) : `${neutralise(file)}: ${path}`;
}

function formatSegment(segment: string | number): string {
  if (typeof segment === 'number' || /^\d+$/.test(segment)) return `[${segment}]`;
  return /^[A-Za-z_]\w*$/.test(segment)
    ? `.${segment}`
    : `[${JSON.stringify(neutralise(segment))}]`;
}

function pointerSegments(pointer: string): readonly string[] {
  const segments = pointer.split('/').slice(1);
  return segments.map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function missingMember({ keyword, params }: SchemaError): readonly string[] {
  return keyword === 'required' ? [String(params['missingProperty'])] : [];
}

function messageOf(
  { keyword, params, schemaPath, message }: SchemaError,
  forms: FormNames,
): string {
  switch (keyword) {
    case 'required':
      return 'is required';
    case 'type':
      return `is not ${[params['type']].flat().join(' or ')}`;
    case 'enum':
      return `is not one of ${[params['allowedValues']].flat().map(String).join(', ')}`;
    case 'pattern':
      return `is not ${forms[definitionOf(schemaPath)] ?? 'in the expected form'}`;
    default:
      return message ?? `does not satisfy ${keyword}`;
  }
}

/** The definition that a schema path goes through: `#/$defs/tag/pattern` is `tag`. */
function definitionOf(schemaPath: string): string {
  return /\/\$defs\/([^/]+)\/[^/]+$/.exec(schemaPath)?.[1] ?? '';
}
