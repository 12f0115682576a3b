/**
 * Where a platform keeps its state: one directory, so that it can be moved, backed up or thrown away whole.
 *
 *     cells/<cell>/{pg,redis,data}   what one cell owns; `data` holds its sandboxes and live files
 *     gpu/<region>/{pg,data,hosts}   what a region's GPU scheduler and its hosts own
 *     objects/<region>/              what its cells have stored; volumes have prefixes of their own
 *     edge/ keys/ logs/ run/         the edge's state, secrets, a log and a record for each program
 *
 * What is expensive and content-addressed (runsc, images, the Lab bundle) lies in a cache that all share.
 */
import { mkdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { CellPlace } from './topology.ts';

export interface CellHome {
  postgres: string;
  redis: string;
  data: string;
  /** A directory for each sandbox host of the cell on this machine. */
  hosts: string;
}

/** What a region's GPU scheduler and its hosts own. */
export interface GpuHome {
  postgres: string;
  data: string;
  hosts: string;
}

export interface Home {
  directory: string;
  cells: string;
  keys: string;
  logs: string;
  run: string;
  edge: string;
  cell(cellId: string): CellHome;
  gpu(regionId: CellPlace['regionId']): GpuHome;
  objects(regionId: CellPlace['regionId']): string;
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
    cells: join(real, 'cells'),
    keys: join(real, 'keys'),
    logs: join(real, 'logs'),
    run: join(real, 'run'),
    edge: join(real, 'edge'),
    cell(cellId) {
      const at = (part: string) => join(real, 'cells', cellId, part);
      return { postgres: at('pg'), redis: at('redis'), data: at('data'), hosts: at('hosts') };
    },
    gpu(regionId) {
      const at = (part: string) => join(real, 'gpu', regionId, part);
      return { postgres: at('pg'), data: at('data'), hosts: at('hosts') };
    },
    objects: (regionId) => join(real, 'objects', regionId),
  };
  for (const path of [home.run, home.edge]) mkdirSync(path, { recursive: true });
  for (const path of [home.keys, home.logs]) mkdirSync(path, { recursive: true, mode: 0o700 });
  return home;
}
