/** One GPU host: `node gpu-agent/src/main.ts`, configured by its environment (config.ts). */
import { mkdirSync } from 'node:fs';
import { systemClock } from '@cellbook/shared/clock.ts';
import { createLogger } from '@cellbook/shared/log.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { startAgent } from './agent.ts';
import { readAgentConfig } from './config.ts';
import { takeOnlyAgent } from './only-agent.ts';
import { serveHealth } from './serve.ts';

const config = readAgentConfig(process.env);
const log = createLogger({ program: 'gpu-agent', fields: { host: config.hostId }, level: config.logLevel });
const fail = (doing: string) => (error: unknown) => {
  log.fatal({ err: error }, doing);
  process.exit(1);
};

mkdirSync(config.dataDirectory, { recursive: true });
await takeOnlyAgent(config.dataDirectory).catch(fail('another agent runs here'));
const metrics = createMetrics({ processMetrics: true });
const agent = await startAgent(config, { clock: systemClock, random: systemRandom, log, metrics }).catch(
  fail('the agent could not start'),
);
const server = await serveHealth(agent, { ...config, metrics }).catch(fail('the agent cannot be asked'));

async function end(drain: boolean): Promise<void> {
  if (drain) await agent.drain();
  await agent.close();
  server.close();
  process.exit(0);
}

/** To take a host out of service: what runs may finish. One of the others ends the waiting. */
process.once('SIGUSR2', () => {
  log.info('asked to drain');
  end(true).catch(fail('the agent did not drain as it should'));
});
for (const signal of ['SIGTERM', 'SIGINT'] as const)
  process.once(signal, () => {
    log.info({ signal }, 'asked to stop');
    end(false).catch(fail('the agent did not stop as it should'));
  });
