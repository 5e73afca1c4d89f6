import assert from 'node:assert/strict';
import { loadBuildManifest } from '../../../shared/build-manifest/load.ts';
import type { BuildManifest } from '../../../shared/build-manifest/model.ts';
import type { Parsed } from '../../../shared/core/result.ts';

/** The least that a platform declares. */
export const PLATFORM = { dockerfile: 'src', os: 'linux', osVersion: 'noble', tags: {} };

/** What else belongs to a manifest in a test. */
export interface Surroundings {
  readonly includes?: Readonly<Record<string, unknown>>;
  readonly variables?: Readonly<Record<string, string>>;
}

/** A manifest of plain objects, loaded. */
export function load(
  root: unknown,
  { includes = {}, variables = {} }: Surroundings = {},
): Parsed<BuildManifest> {
  const files = Object.entries(includes).map(([path, file]) => [path, bytesOf(file)] as const);
  return loadBuildManifest({
    root: bytesOf(root),
    includes: new Map(files),
    variables: new Map(Object.entries(variables)),
  });
}

/** The same where it must succeed. */
export function loaded(root: unknown, surroundings: Surroundings = {}): BuildManifest {
  const result = load(root, surroundings);
  assert.ok(result.ok, JSON.stringify(result));
  return result.value;
}

/** A manifest with one repository `app`. */
export function withImages(...images: readonly object[]): object {
  return { registry: 'mcr.example', repos: [{ name: 'app', images }] };
}

/** JSON as bytes. */
export function bytesOf(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}
