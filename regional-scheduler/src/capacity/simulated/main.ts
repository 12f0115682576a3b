/**
 * A provider of hosts that are simulated, for one machine: `node regional-scheduler/src/capacity/simulated/main.ts`, as
 * `npm start` does where CELLBOOK_GPU_NODES says so. What is asked for comes after some minutes, as an agent of its own
 * (gpu-agent/) with simulated devices and real programs, and what is given back is stopped. Nothing outlives it: agents
 * are of its process group.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Clock, systemClock, type Timer } from '@cellbook/shared/clock.ts';
import { createLogger } from '@cellbook/shared/log.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import { serveProvider } from '../serve-provider.ts';
import { createSimulatedProvider } from '../simulated-provider.ts';
import { HostProcesses } from './host-processes.ts';

const environment = z
  .object({
    CELLBOOK_PORT: z.coerce.number().int().min(0).max(65_535),
    CELLBOOK_CAPACITY_KEY_FILE: z.string().min(1),
    CELLBOOK_DATA_DIR: z.string().min(1),
    CELLBOOK_BINARIES: z.string().min(1),
    CELLBOOK_PROVISION_MS: z.coerce.number().int().min(0),
  })
  .parse(process.env);

const log = createLogger({ program: 'simulated-nodes' });
const hosts = new HostProcesses({
  dataDirectory: environment.CELLBOOK_DATA_DIR,
  binaries: environment.CELLBOOK_BINARIES,
  agentScript: fileURLToPath(new URL('../../../../gpu-agent/src/main.ts', import.meta.url)),
  log,
});
const provider = createSimulatedProvider({
  ...{ clock: systemClock, random: systemRandom, failShare: 0, removeMs: 5_000 },
  provisionMs: () => environment.CELLBOOK_PROVISION_MS,
  boot: (request) => hosts.boot(request),
  halt: ({ hostId }) => hosts.halt(hostId),
});
const secret = readFileSync(environment.CELLBOOK_CAPACITY_KEY_FILE, 'utf8').trim();
const app = serveProvider(provider, secret);
const passing = every(systemClock, 1_000, () => provider.pass());
await app.listen({ host: '127.0.0.1', port: environment.CELLBOOK_PORT });
log.info({ port: environment.CELLBOOK_PORT }, 'hosts can be asked for');

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.once(signal, async () => {
    passing.cancel();
    await app.close();
    await hosts.close();
    process.exit(0);
  });
}

function every(clock: Clock, periodMs: number, run: () => void): Timer {
  let timer = clock.setTimer(periodMs, again);
  function again(): void {
    run();
    timer = clock.setTimer(periodMs, again);
  }
  return { cancel: () => timer.cancel() };
}
