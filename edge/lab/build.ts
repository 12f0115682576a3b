/**
 * `node edge/lab/build.ts [--json]`: builds the JupyterLab bundle into the cache unless it is there. Progress
 * goes to standard error; the last line on standard output is its directory, with `--json` {directory, version}.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { ensureLab } from './src/ensure-lab.ts';

const { CELLBOOK_CACHE, XDG_CACHE_HOME } = process.env;
const cacheDirectory = CELLBOOK_CACHE || join(XDG_CACHE_HOME || join(homedir(), '.cache'), 'cellbook');
const lab = await ensureLab({ cacheDirectory, progress: (line) => console.error(line) });
console.log(process.argv.includes('--json') ? JSON.stringify(lab) : lab.directory);
