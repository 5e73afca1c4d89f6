// The index of undici loads fetch, caches, mocks and web sockets, too, which takes a task longer than to start Node. The
// package says nothing about its parts; these are the types of its index.

declare module 'undici/lib/dispatcher/agent.js' {
  import { Agent } from 'undici';
  export = Agent;
}

declare module 'undici/lib/dispatcher/dispatcher.js' {
  import { Dispatcher } from 'undici';
  export = Dispatcher;
}

declare module 'undici/lib/dispatcher/proxy-agent.js' {
  import { ProxyAgent } from 'undici';
  export = ProxyAgent;
}

/** Methods of every dispatcher: `request`, `connect` and others. */
declare module 'undici/lib/api/index.js' {
  const methods: object;
  export = methods;
}
