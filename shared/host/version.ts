declare const __EXTENSION_VERSION__: string | undefined;

/** The version of the extension; the build writes it into the bundle. */
const EXTENSION_VERSION: string =
  typeof __EXTENSION_VERSION__ === 'string' ? __EXTENSION_VERSION__ : '0.0.0-source';

/** What we call ourselves towards registries and in signatures. */
export const USER_AGENT = `container-image-release/${EXTENSION_VERSION}`;
