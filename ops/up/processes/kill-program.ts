import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Home } from '../home.ts';
import { isAlive } from './proc.ts';
import { type ChildRecord, childRecordSchema } from './record.ts';

/** A program of the platform as its record names it: `cell-eu-1`, `postgres-eu-1`, `edge`. */
export function programOf(home: Home, name: string): ChildRecord {
  const record = recordOf(home, name);
  if (!isAlive(record)) throw new Error(`${name} does not run`);
  return record;
}

export const runs = (home: Home, name: string): boolean => isAlive(recordOf(home, name));

const recordOf = (home: Home, name: string): ChildRecord =>
  childRecordSchema.parse(JSON.parse(readFileSync(join(home.run, `${name}.json`), 'utf8')));

/** Kills it with -9; returns what it was, so that a successor can be told from it. */
export function killProgram(home: Home, name: string): ChildRecord {
  const record = programOf(home, name);
  process.kill(record.pid, 'SIGKILL');
  return record;
}
