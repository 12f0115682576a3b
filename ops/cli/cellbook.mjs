#!/usr/bin/env node
// Runs the command line under the Node this project pins, from whatever directory and Node it is called.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const pinned = fileURLToPath(new URL('../../node_modules/node/bin/node', import.meta.url));
if (!existsSync(pinned)) {
  console.error('The npm packages are not installed yet. Run `npm install` in the checkout first.');
  process.exit(2);
}
const main = fileURLToPath(new URL('main.ts', import.meta.url));
const { status, signal } = spawnSync(pinned, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exit(signal ? 130 : (status ?? 1));
