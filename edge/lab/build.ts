/**
 * `node edge/lab/build.ts [--json]`: builds the JupyterLab bundle into the cache unless it is there. Progress
 * goes to standard error; the last line on standard output is its directory, with `--json` {directory, version}.
 */
import { cacheDirectory } from './src/cache-directory.ts';
import { ensureLab } from './src/ensure-lab.ts';

const lab = await ensureLab({
  cacheDirectory: cacheDirectory(process.env),
  progress: (line) => console.error(line),
});
console.log(process.argv.includes('--json') ? JSON.stringify(lab) : lab.directory);
