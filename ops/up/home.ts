/**
 * Where a platform keeps its state: one directory, so that it can be moved, backed up or thrown away whole.
 * What is expensive and content-addressed (runsc, images, the Lab bundle) lies in a cache that all share.
 */
import { mkdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

export interface Home {
  directory: string;
  postgres: string;
  redis: string;
  objects: string;
  keys: string;
  logs: string;
  run: string;
  edge: string;
  cell(cellId: string): string;
}

export function homeDirectory(env: NodeJS.ProcessEnv, checkout: string): string {
  return resolve(env.CELLBOOK_HOME || join(checkout, '.cellbook'));
}

export function cacheDirectory(env: NodeJS.ProcessEnv): string {
  return resolve(
    env.CELLBOOK_CACHE || join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), '.cache'), 'cellbook'),
  );
}

/** Makes the directory and its parts; keys and logs are for their owner alone. */
export function openHome(directory: string): Home {
  mkdirSync(directory, { recursive: true });
  // Postgres reports its real working directory, and leftovers are recognised by it.
  const real = realpathSync(directory);
  const home: Home = {
    directory: real,
    postgres: join(real, 'pg'),
    redis: join(real, 'redis'),
    objects: join(real, 'objects'),
    keys: join(real, 'keys'),
    logs: join(real, 'logs'),
    run: join(real, 'run'),
    edge: join(real, 'edge'),
    cell: (cellId) => join(real, 'cells', cellId),
  };
  for (const path of [home.objects, home.run, home.edge]) mkdirSync(path, { recursive: true });
  for (const path of [home.keys, home.logs]) mkdirSync(path, { recursive: true, mode: 0o700 });
  return home;
}
