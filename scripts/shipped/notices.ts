import type { ShippedPackage } from './packages.ts';

const RULE = '-'.repeat(80);

/** The notice that goes into the extension: every package of someone else with its licence, as they ask for. */
export function thirdPartyNotices(packages: readonly ShippedPackage[]): string {
  const parts = packages.map(({ name, version, licence, licenceText }) =>
    [RULE, `${name} ${version} (${licence})`, '', lines(licenceText), ''].join('\n'),
  );
  return [
    'Third-party notices',
    '',
    `The bundles of this extension contain code of ${packages.length} packages, under these licences.`,
    '',
    ...parts,
  ].join('\n');
}

function lines(text: string): string {
  return text.replaceAll('\r\n', '\n').trim();
}
