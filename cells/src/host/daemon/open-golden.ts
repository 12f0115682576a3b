import { mkdir } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { limits } from '@cellbook/shared/limits.ts';
import type { Egress } from '../../egress/egress.ts';
import { connectLink } from '../../sandbox/host/connect-link.ts';
import { readImage } from '../../sandbox/image.ts';
import { installSupervisor } from '../../sandbox/supervisor-files.ts';
import type { DaemonTools } from './daemon.ts';
import type { DaemonConfig } from './daemon-config.ts';
import { GoldenKeeper } from './golden-keeper.ts';
import { openDriver } from './open-driver.ts';

/** Null where this host keeps no members. */
export async function openGolden(
  config: DaemonConfig,
  tools: DaemonTools,
  egress: Egress | null,
): Promise<GoldenKeeper | null> {
  if (!config.pool || config.imageDirectory === null) return null;
  const directory = join(config.dataDirectory, 'golden');
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const driver = await openDriver(config, tools, join(directory, 'sandboxes'), egress, connectLink);
  if (!driver.pool) return null;
  const { sandboxMemoryBytes: memoryBytesMax, diskBytesMax } = config;
  const cpuMillisMax = availableParallelism() * 1_000;
  const pidsMax = limits.lifecycle.sandboxPidsMax;
  const sandboxLimits = { memoryBytesMax, diskBytesMax, cpuMillisMax, pidsMax };
  const { golden: recipe } = await readImage(config.imageDirectory);
  const supervisor = await installSupervisor(join(directory, 'sandboxes'));
  const keeper = new GoldenKeeper({
    ...{ ...tools, driver, limits: sandboxLimits, recipe, supervisorDigest: supervisor.digest },
    ...{ directory: config.goldenDirectory ?? join(directory, 'images'), hasEgress: egress !== null },
  });
  keeper.start();
  return keeper;
}
