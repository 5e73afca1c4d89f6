import { setFlagsFromString } from 'node:v8';

// The HTTP parser of undici is WebAssembly. After a few heads V8 would optimise it, which takes a core for a tenth of a
// second, for which a process waits before it ends. With this budget that happens after some thousand requests only.
setFlagsFromString('--wasm-tiering-budget=1000000000');
