import { TRUE, bitString, der, integer, octetString, oid, sequence } from './der.ts';

/** Extensions of a certificate, each written as it is given. */
export interface ProfileOptions {
  /** Bits by number: 0 is digitalSignature, 5 is keyCertSign; absent extension when empty. */
  readonly keyUsage?: readonly number[];
  readonly keyUsageCritical?: boolean;
  readonly extendedKeyUsage?: readonly string[];
  readonly extendedKeyUsageCritical?: boolean;
  readonly ca?: boolean;
  readonly caCritical?: boolean;
  /** Written for certificates that issue. */
  readonly pathLength?: number;
  readonly ocspUrl?: string;
  readonly issuerUrl?: string; // several have a blank between them
  /** Names and IPv4 addresses of a server. */
  readonly hosts?: readonly string[];
  readonly crlUrl?: string;
  /** Further extensions in DER, written as they are. */
  readonly extensions?: readonly Uint8Array[];
  readonly serialBytes?: number; // 16 unless told otherwise
}

/** The extensions of a profile in DER. */
export function extensionsOf(profile: ProfileOptions): readonly Uint8Array[] {
  const { ca, pathLength, keyUsage = [], extendedKeyUsage = [], crlUrl, hosts = [] } = profile;
  const limit = pathLength === undefined ? [] : [integer(pathLength)];
  return [
    ...(ca === undefined
      ? []
      : [
          extension(
            '2.5.29.19',
            sequence(...(ca ? [TRUE, ...limit] : [])),
            profile.caCritical !== false,
          ),
        ]),
    ...(keyUsage.length === 0 ? [] : [keyUsageOf(keyUsage, profile.keyUsageCritical !== false)]),
    ...(extendedKeyUsage.length === 0
      ? []
      : [purposesOf(extendedKeyUsage, profile.extendedKeyUsageCritical === true)]),
    ...(hosts.length === 0 ? [] : [extension('2.5.29.17', sequence(...hosts.map(hostName)))]),
    ...informationAccess(profile),
    ...(profile.extensions ?? []),
    ...(crlUrl === undefined
      ? []
      : [extension('2.5.29.31', sequence(sequence(der(0xa0, der(0xa0, url(crlUrl))))))]),
  ];
}

function informationAccess({ ocspUrl = '', issuerUrl = '' }: ProfileOptions): Uint8Array[] {
  const ocsp = ocspUrl === '' ? [] : [sequence(oid('1.3.6.1.5.5.7.48.1'), url(ocspUrl))];
  const issuers = issuerUrl.match(/\S+/g) ?? [];
  const places = [...ocsp, ...issuers.map((at) => sequence(oid('1.3.6.1.5.5.7.48.2'), url(at)))];
  return places.length === 0 ? [] : [extension('1.3.6.1.5.5.7.1.1', sequence(...places))];
}

function keyUsageOf(bits: readonly number[], isCritical: boolean): Uint8Array {
  const bytes = new Uint8Array(Math.max(...bits) > 7 ? 2 : 1);
  for (const bit of bits) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) | (0x80 >> (bit & 7));
  const unused = 7 - (Math.max(...bits) & 7);
  const value = bitString(bytes, unused);
  return extension('2.5.29.15', value, isCritical);
}

function purposesOf(purposes: readonly string[], isCritical: boolean): Uint8Array {
  const value = sequence(...purposes.map(oid));
  return extension('2.5.29.37', value, isCritical);
}

/** One extension in DER; says nothing about being critical when it is not. */
export function extension(type: string, value: Uint8Array, isCritical = false): Uint8Array {
  return sequence(oid(type), ...(isCritical ? [TRUE] : []), octetString(value));
}

function hostName(host: string): Uint8Array {
  return /^[0-9.]+$/.test(host)
    ? der(0x87, Uint8Array.from(host.split('.').map(Number)))
    : der(0x82, Buffer.from(host));
}

function url(text: string): Uint8Array {
  return der(0x86, Buffer.from(text));
}
