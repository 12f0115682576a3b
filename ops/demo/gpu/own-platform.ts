/**
 * The platform of the story: one of its own, on a home that goes with it, since its scheduler and its hosts are killed in
 * it. Two regions of one cell each, GPUs of three models, an operator, and a policy under which a job may be stopped for
 * another after seconds instead of a minute. Nothing of it runs notebooks, so that nothing need be built for them.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@cellbook/shared/ports.ts';
import { platformConfig } from '../../up/config.ts';
import { type Platform, startPlatform } from '../../up/platform.ts';
import type { PlatformDeps } from '../../up/starting.ts';
import { operatorEmail } from './people.ts';

const settings = {
  CELLBOOK_CELLS: 'eu=eu-1;us=us-1',
  CELLBOOK_GPU: 'eu=H200*8,A100*4;us=H200*8,L4*2',
  CELLBOOK_SANDBOX_DRIVER: 'none',
  CELLBOOK_POOL: 'off',
};

/** Read by the programs themselves, not by the starter. */
const inherited = {
  CELLBOOK_OPERATORS: operatorEmail,
  CELLBOOK_POLICY: JSON.stringify({ preemption: { ranMsMin: 5_000 } }),
};

export interface OwnPlatform {
  platform: Platform;
  stop(): Promise<void>;
}

export async function startOwnPlatform(deps: PlatformDeps): Promise<OwnPlatform> {
  const directory = mkdtempSync(join(tmpdir(), 'cellbook-gpu-demo-'));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  Object.assign(process.env, inherited);
  try {
    const port = String(await freePort());
    const own = { ...settings, CELLBOOK_HOME: directory, CELLBOOK_EDGE_PORT: port };
    const platform = await startPlatform(platformConfig({ ...process.env, ...own }), deps);
    const stop = async () => {
      await platform.stop();
      remove();
    };
    return { platform, stop };
  } catch (thrown) {
    remove();
    throw thrown;
  }
}
