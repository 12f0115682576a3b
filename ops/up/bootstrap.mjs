/**
 * The first thing every root command runs, on whatever Node the machine has (20 or newer; plain JavaScript,
 * nothing imported that is not Node's own). It makes the machine able to run the rest, in this order: system
 * packages, `npm install` when node_modules does not match the lockfile, then it hands over to the project's
 * own Node 24. When all is there it only checks a few files.
 *
 *     node ops/up/bootstrap.mjs <script.ts> [arguments…]
 *
 * Everything it prints goes to standard error: standard output belongs to the script.
 */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { handOver } from './bootstrap/hand-over.mjs';
import { installNodeModules } from './bootstrap/node-modules.mjs';
import { Refusal, say } from './bootstrap/say.mjs';
import { installSystemPackages } from './bootstrap/system-packages.mjs';

const checkout = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const nodeMajorMin = 20;

async function main([script, ...args]) {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < nodeMajorMin) {
    throw new Refusal(
      `Node ${process.versions.node} is too old: Cellbook needs Node ${nodeMajorMin} or newer to set itself up.`,
      'Install it from https://nodejs.org or with your package manager, then run the command again.',
    );
  }
  if (process.platform !== 'linux') {
    throw new Refusal(
      `Cellbook runs its notebooks in gVisor, which needs Linux; this is ${process.platform}.`,
      'Run it in a Linux virtual machine or container.',
    );
  }
  if (!script || !existsSync(join(checkout, script))) {
    throw new Refusal(
      `There is no ${script ?? 'script'} to run.`,
      'Use the commands in package.json: npm start, npm test, …',
    );
  }
  await installSystemPackages({ forTests: script.startsWith('ops/test/') });
  await installNodeModules(checkout);
  return handOver(checkout, script, args);
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (thrown) => {
    say(thrown instanceof Refusal ? thrown.message : (thrown?.stack ?? String(thrown)));
    process.exit(1);
  },
);
