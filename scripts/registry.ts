import { readFileSync } from 'node:fs';
import { helpText, parseRegistryArguments } from '../test/support/registry/arguments.ts';
import { startRegistry } from '../test/support/registry/registry.ts';

const parsed = parseRegistryArguments(process.argv.slice(2), (path) => readFileSync(path, 'utf8'));

if (!parsed.ok) {
  for (const { path, message } of parsed.problems) console.error(`${path}: ${message}`);
  console.error('Use --help to see every option.');
  process.exitCode = 2;
} else if (parsed.value === 'help') {
  console.log(helpText());
} else {
  const registry = await startRegistry(parsed.value);
  const stop = (): void => {
    void registry.close();
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  console.log(`Registry at ${registry.url}; stop it with Ctrl+C.`);
}
