/** One instance of a region's GPU scheduler: `node regional-scheduler/src/main.ts`, configured by its environment (config.ts). */
import { systemClock } from '@cellbook/shared/clock.ts';
import { createLogger } from '@cellbook/shared/log.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { readConfig } from './config.ts';
import { startScheduler } from './scheduler.ts';

const config = readConfig(process.env);
const fields = { scheduler: config.schedulerId };
const log = createLogger({ program: 'scheduler', fields, level: config.logLevel });
const scheduler = await startScheduler(config, { clock: systemClock, random: systemRandom, log }).catch(
  (error) => {
    log.fatal({ err: error }, 'the scheduler could not start');
    process.exit(1);
  },
);

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, async () => {
    log.info({ signal }, 'asked to stop');
    await scheduler.close();
    process.exit(0);
  });
}
