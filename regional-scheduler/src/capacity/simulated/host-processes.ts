/** The hosts that are up: an agent each, with simulated devices. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { NodeRequest } from '../provider.ts';

/** Users of one host: as many as its attempts at once. Hosts of `npm start` have those by their ports, from 1,024 on. */
const uidsOfHost = 4_096;
const slotsMax = 1_000;

export interface HostProcessesOptions {
  dataDirectory: string;
  binaries: string;
  agentScript: string;
  log: Logger;
}

export class HostProcesses {
  readonly #options: HostProcessesOptions;
  readonly #agents = new Map<HostId, { child: ChildProcess; slot: number }>();

  constructor(options: HostProcessesOptions) {
    this.#options = options;
  }

  boot({ hostId, kind, agentKey, schedulerUrl }: NodeRequest): void {
    const { dataDirectory, binaries, agentScript, log } = this.#options;
    if (this.#agents.has(hostId)) return;
    const slot = this.#freeSlot();
    const directory = join(dataDirectory, hostId);
    mkdirSync(directory, { recursive: true });
    const keyFile = join(directory, 'agent-key');
    writeFileSync(keyFile, `${agentKey}\n`, { mode: 0o600 });
    const child = spawn(process.execPath, [agentScript], {
      stdio: 'inherit',
      env: {
        ...process.env,
        CELLBOOK_HOST_ID: hostId,
        CELLBOOK_RACK: 'provided',
        CELLBOOK_PORT: '0',
        CELLBOOK_DATA_DIR: join(directory, 'data'),
        CELLBOOK_SCHEDULER_URLS: schedulerUrl,
        CELLBOOK_AGENT_KEY_FILE: keyFile,
        CELLBOOK_DEVICES: `simulated:${kind.sku}*${kind.gpus}*${kind.gpuMemoryMib}`,
        CELLBOOK_BINARIES: binaries,
        CELLBOOK_JOB_UID: String(limits.gpuAgent.run.uidFirst + slot * uidsOfHost),
      },
    });
    child.once('error', (error) => log.error({ err: error, hostId }, 'a host could not be started'));
    child.once('exit', (code, signal) => log.info({ hostId, code, signal }, 'a host has ended'));
    this.#agents.set(hostId, { child, slot });
    log.info({ hostId, sku: kind.sku, gpus: kind.gpus }, 'a host is up');
  }

  halt(hostId: HostId): void {
    const agent = this.#agents.get(hostId);
    this.#agents.delete(hostId);
    agent?.child.kill('SIGTERM');
  }

  /** They save what runs, and end. */
  async close(): Promise<void> {
    const ending = [...this.#agents.values()].map(async ({ child }) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    });
    this.#agents.clear();
    await Promise.all(ending);
  }

  #freeSlot(): number {
    const taken = new Set([...this.#agents.values()].map(({ slot }) => slot));
    for (let slot = 1; slot <= slotsMax; slot++) if (!taken.has(slot)) return slot;
    throw new RangeError(`more than ${slotsMax} hosts`);
  }
}
