/** One host of a cell: `node cells/src/host/main.ts`, configured by its environment (daemon/daemon-config.ts). */
import { createLogger } from '@cellbook/shared/log.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { openClock } from '../open-clock.ts';
import { openFailpoint } from '../open-failpoint.ts';
import { startDaemon } from './daemon/daemon.ts';
import { readDaemonConfig } from './daemon/daemon-config.ts';

const config = readDaemonConfig(process.env);
const { cellId: cell, hostId: host } = config;
const log = createLogger({ program: 'host', fields: { cell, host }, level: config.logLevel });
const failpoint = openFailpoint(process.env, log);
const tools = { clock: openClock(process.env), random: systemRandom, log, ...(failpoint && { failpoint }) };
const daemon = await startDaemon(config, tools).catch((error) => {
  log.fatal({ err: error }, 'the host could not start');
  process.exit(1);
});

const fail = (error: unknown): never => {
  log.fatal({ err: error }, 'the host did not stop as it should');
  process.exit(1);
};

/** To take a machine out of service: cells that compute may finish first. One of the others ends the waiting. */
process.once('SIGUSR2', async () => {
  log.info('asked to drain');
  await daemon.close({ hurry: false }).catch(fail);
  process.exit(0);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, async () => {
    log.info({ signal }, 'asked to stop');
    await daemon.close().catch(fail);
    process.exit(0);
  });
}
