import { setFlagsFromString } from 'node:v8';

// The HTTP parser of undici is WebAssembly. After some requests V8 would optimise it, which takes a core for a tenth of a
// second, for which a process waits before it ends; parsing heads is too little work to ever win that back. Function 0 is
// none of the parser's. Of the flags to this end it is the only one that works in Node 20 and in Node 24, once V8 has started.
setFlagsFromString('--wasm-tier-up-filter=0');
