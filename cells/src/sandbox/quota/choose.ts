/** The best home provider this host allows. */
import { mkdir } from 'node:fs/promises';
import type { Logger } from '@cellbook/shared/log.ts';
import type { HomeProvider } from './home-provider.ts';
import { LoopHomes } from './loop-homes.ts';
import { canMountLoops } from './loop-image.ts';
import { PlainHomes } from './plain-homes.ts';

export interface HomeProviderOptions {
  homesDirectory: string;
  log: Pick<Logger, 'warn'>;
}

export async function createHomeProvider({
  homesDirectory,
  log,
}: HomeProviderOptions): Promise<HomeProvider> {
  await mkdir(homesDirectory, { recursive: true, mode: 0o711 });
  if (await canMountLoops(homesDirectory)) return new LoopHomes(homesDirectory);
  log.warn(
    { homesDirectory },
    'this host cannot mount ext4 images (root and loop devices are needed): workspaces have NO DISK LIMIT',
  );
  return new PlainHomes(homesDirectory);
}
