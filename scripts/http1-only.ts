import type { Plugin } from 'esbuild';

/**
 * Leaves undici's client for HTTP/2 out of a bundle: ours never offers it to a server, and to load it with Node's
 * `http2` takes a tenth of the time in which a step starts.
 */
export function http1Only(): Plugin {
  return {
    name: 'http1-only',
    setup(builder) {
      builder.onLoad({ filter: /[/\\]undici[/\\]lib[/\\]dispatcher[/\\]client-h2\.js$/ }, () => ({
        contents: `module.exports = () => { throw new Error('HTTP/2 is not in this bundle.') }`,
      }));
    },
  };
}
