/** One cell: `node cells/src/main.ts`, configured by its environment (config.ts). */
import { createLogger } from '@cellbook/shared/log.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { startCell } from './cell.ts';
import { readConfig } from './config.ts';
import { openClock } from './open-clock.ts';
import { openFailpoint } from './open-failpoint.ts';

const config = readConfig(process.env);
const log = createLogger({ program: 'cell', fields: { cell: config.cellId }, level: config.logLevel });
const failpoint = openFailpoint(process.env, log);
const tools = { clock: openClock(process.env), random: systemRandom, log, ...(failpoint && { failpoint }) };
const cell = await startCell(config, tools).catch((error) => {
  log.fatal({ err: error }, 'the cell could not start');
  process.exit(1);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, async () => {
    log.info({ signal }, 'asked to stop');
    await cell.close();
    process.exit(0);
  });
}
