/** The best home provider this host allows. */
import { mkdir } from 'node:fs/promises';
import type { HomeProvider } from './home-provider.ts';
import { LoopHomes } from './loop-homes.ts';
import { canMountLoops } from './loop-image.ts';
import { PlainHomes } from './plain-homes.ts';
import { SpareHomes, type SpareHomesParts } from './spare-homes.ts';

export interface HomeProviderOptions extends Omit<SpareHomesParts, 'directory'> {
  homesDirectory: string;
}

export async function createHomeProvider(options: HomeProviderOptions): Promise<HomeProvider> {
  const { homesDirectory, log } = options;
  await mkdir(homesDirectory, { recursive: true, mode: 0o711 });
  if (await canMountLoops(homesDirectory))
    return new LoopHomes(homesDirectory, await SpareHomes.open({ ...options, directory: homesDirectory }));
  log.warn(
    { homesDirectory },
    'this host cannot mount ext4 images (root and loop devices are needed): workspaces have NO DISK LIMIT',
  );
  return new PlainHomes(homesDirectory);
}
