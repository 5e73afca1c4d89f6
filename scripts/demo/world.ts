import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleProduct } from '../../test/support/product/product.ts';
import type { BuiltImage, Product } from '../../test/support/product/product.ts';
import { pushProduct } from '../../test/support/product/push.ts';
import { startRegistry } from '../../test/support/registry/registry.ts';
import type { EmbeddedRegistry } from '../../test/support/registry/registry.ts';
import { makeSigningMaterial } from './signing-material.ts';
import type { SigningMaterial } from './signing-material.ts';

/** Everything around the tasks: two registries, a product that was built, and a signer whom somebody trusts. */
export interface World {
  /** Folder of the agents. */
  readonly folder: string;
  /** Folder of the built extension. */
  readonly extension: string;
  readonly product: Product;
  /** What the build jobs pushed. */
  readonly built: readonly BuiltImage[];
  /** Where build jobs push. */
  readonly build: EmbeddedRegistry;
  /** Where users pull: everybody may read, `USER` may write. */
  readonly target: EmbeddedRegistry;
  readonly signing: SigningMaterial;
}

/** Where the build registry keeps what was built. */
export const BUILD_PREFIX = 'build/4711';

/** Where it is published beside that, in the same registry. */
export const STAGING_PREFIX = 'staging';

/** The account of the target's service connection. */
export const USER = { username: 'releaser', password: 'not-in-any-log' };

/** Starts both registries, pushes the product, lets `use` work with it and removes everything. */
export async function withWorld<T>(
  extension: string,
  use: (world: World) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'demo-'));
  const build = await startRegistry();
  const target = await startRegistry({ auth: { kind: 'bearer', ...USER, anonymousPull: true } });
  try {
    const product = sampleProduct();
    const built = await pushProduct(build.url, BUILD_PREFIX, product);
    const signing = makeSigningMaterial(product);
    return await use({ folder, extension, product, built, build, target, signing });
  } finally {
    await Promise.all([build.close(), target.close()]);
    await rm(folder, { recursive: true, force: true });
  }
}
