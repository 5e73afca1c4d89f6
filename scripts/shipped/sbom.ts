import { spawn } from 'node:child_process';
import { json } from 'node:stream/consumers';
import { contentUuid } from '../content-uuid.ts';
import { ROOT } from '../layout.ts';
import type { ShippedPackage } from './packages.ts';

interface Component {
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
}

interface Dependency {
  readonly ref: string;
  readonly dependsOn?: readonly string[];
}

/** What we read of a CycloneDX document; the rest of it is kept as npm wrote it. */
interface Bom {
  readonly metadata: { readonly component: Readonly<Record<string, unknown>> };
  readonly components: readonly Component[];
  readonly dependencies: readonly Dependency[];
}

/**
 * The software bill of materials of the extension, as CycloneDX 1.5: npm's own for the lock file, narrowed to the
 * packages of which code is in a bundle. It has neither date nor random number: equal content gives equal bytes.
 *
 * @throws Error when npm does not know a package that is shipped
 * @see https://cyclonedx.org/docs/1.5/json/
 */
export async function softwareBill(packages: readonly ShippedPackage[]): Promise<string> {
  return narrowed((await npmBill()) as Bom, packages);
}

/** The same from a bill of the whole lock file. */
export function narrowed(bill: Bom, packages: readonly ShippedPackage[]): string {
  const shipped = new Set(packages.map(({ name, version }) => `${name}@${version}`));
  const components = bill.components.filter((one) => shipped.has(`${one.name}@${one.version}`));
  if (components.length < shipped.size)
    throw new Error('npm sbom does not list all that is shipped');
  const refs = new Set(components.map((one) => one['bom-ref']));
  const own = { ...bill.metadata.component, type: 'application', name: 'container-image-release' };
  const ownRef = bill.metadata.component['bom-ref'];
  const content = {
    metadata: { component: own },
    components,
    dependencies: bill.dependencies
      .filter(({ ref }) => refs.has(ref) || ref === ownRef)
      .map(({ ref, dependsOn = [] }) => ({
        ref,
        dependsOn: dependsOn.filter((one) => refs.has(one)),
      })),
  };
  const head = {
    $schema: 'http://cyclonedx.org/schema/bom-1.5.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: `urn:uuid:${contentUuid(JSON.stringify(content))}`,
    version: 1,
  };
  return `${JSON.stringify({ ...head, ...content }, null, 2)}\n`;
}

async function npmBill(): Promise<unknown> {
  // Not `--omit dev`: it leaves out a package that a development dependency needs as well.
  const options = ['--sbom-format', 'cyclonedx', '--package-lock-only'];
  const child = spawn('npm', ['sbom', ...options], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'ignore'],
    // npm is a script of the shell on Windows.
    shell: process.platform === 'win32',
  });
  const exit = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [bill, code] = await Promise.all([json(child.stdout), exit]);
  if (code !== 0) throw new Error(`npm sbom ended with ${code}`);
  return bill;
}
