/**
 * `npm run audit -- verify|export [--json] [--cell ID]… [--token KEY]`: the audit logs of a platform.
 *
 *   verify   reads every cell's chain from its database and checks it against what was signed there and among its
 *            objects; with an operator's key (or CELLBOOK_TOKEN) the edge's chain as well. Prints what is broken where.
 *   export   prints every event of every chain as a line of JSON.
 *
 * Exit status: 0 all is well; 1 something is broken; 3 something could not be looked at.
 */
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { platformConfig } from '../up/config.ts';
import { endWithReader } from '../up/end-with-reader.ts';
import { openHome } from '../up/home.ts';
import { cellChains, runCell } from './cell-chains.ts';
import { edgeLines, verifyEdge } from './edge-chain.ts';
import { exitStatusOf, type Verified, wordsOf } from './verified.ts';

endWithReader();
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    cell: { type: 'string', multiple: true, default: [] },
    token: { type: 'string' },
  },
});
const command = z.enum(['verify', 'export']).parse(positionals[0]);
const config = platformConfig(process.env);
const home = openHome(config.homeDirectory);
const token = values.token ?? process.env.CELLBOOK_TOKEN ?? null;
const url = `http://localhost:${config.edgePort}`;
const wanted = config.cells.filter(({ cellId }) => values.cell.length === 0 || values.cell.includes(cellId));
const chains = cellChains(config, home, wanted);

if (command === 'verify') {
  const reports: Verified[] = [];
  const print = (verified: Verified) => {
    reports.push(verified);
    console.log(values.json ? JSON.stringify(verified) : wordsOf(verified));
  };
  for (const chain of chains) print(await chain.verify());
  if (values.cell.length === 0) print(await verifyEdge({ url, token, keysDirectory: home.keys }));
  process.exitCode = exitStatusOf(reports);
} else {
  for (const { environment } of chains) await runCell('export', environment, (line) => console.log(line));
  if (token !== null)
    for await (const line of edgeLines(url, token, '/v1/edge-audit/export')) console.log(line);
}
