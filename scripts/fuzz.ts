import { parseArgs } from 'node:util';
import { fuzz } from '../test/support/fuzz/run.ts';
import { fuzzTargets } from '../test/support/fuzz/targets.ts';
import { isMain } from './layout.ts';

const HELP = `npm run fuzz -- [--seconds n] [--seed n]
Gives damaged signatures, certificates, timestamps, answers, lists and policies to their readers,
each for --seconds (20). --seed repeats a run: inputs come in the same order.`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seconds: { type: 'string', default: '20' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const seed = Number(values.seed);
  console.log(`seed ${seed}`);
  for (const target of await fuzzTargets()) {
    const end = performance.now() + Number(values.seconds) * 1000;
    let inputs = 0;
    const goesOn = (count: number): boolean => {
      inputs = count;
      return performance.now() < end;
    };
    const finding = fuzz(target, { seed, goesOn });
    console.log(`${target.name}: ${inputs} inputs, ${finding?.what ?? 'nothing found'}`);
    if (finding !== undefined) {
      console.log(finding.bytes);
      process.exitCode = 1;
    }
  }
}

if (isMain(import.meta.url)) await main();
