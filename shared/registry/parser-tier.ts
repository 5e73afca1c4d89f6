import { setFlagsFromString } from 'node:v8';

// The HTTP parser of undici is WebAssembly. To optimise it takes a core for a tenth of a second, for which a process waits
// before it ends; parsing heads is too little work to ever win that back.
setFlagsFromString('--liftoff-only');
