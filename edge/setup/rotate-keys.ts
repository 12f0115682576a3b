/**
 *   node edge/setup/rotate-keys.ts --home DIR list
 *   node edge/setup/rotate-keys.ts --home DIR rotate USE      USE: credentials, principal, pins (key-ring.ts)
 *   node edge/setup/rotate-keys.ts --home DIR retire USE [--compromised KID …]
 *
 * The last line on standard output is JSON: `{did, until?, rings: {USE: [{kid, stage, since, retiresAt}]}}`; `did`
 * is `listed`, `added`, `promoted`, `retired`, `nothing`, `waits` (until then) or `full`.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '@cellbook/shared/clock.ts';
import { z } from 'zod';
import { type KeyUse, keyUses, type RingKey, retire, retiresAtMs, rotate } from './key-ring.ts';
import { ensureKeys, freshKey } from './keys.ts';
import { type Rings, withKeys, writeRings } from './rings.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { home: { type: 'string' }, compromised: { type: 'string', multiple: true, default: [] } },
});
const { home, command } = z
  .object({ home: z.string(), command: z.enum(['list', 'rotate', 'retire']) })
  .parse({ home: values.home, command: positionals[0] });
const directory = join(resolve(home), 'keys', 'edge');
const { rings } = await ensureKeys(resolve(home));
const nowMs = systemClock.nowMs();

if (command === 'list') {
  say('listed', rings);
} else {
  const use = z.enum(keyUses).parse(positionals[1]);
  if (command === 'rotate') await rotateOne(use);
  else await retireOne(use);
}

async function rotateOne(use: KeyUse): Promise<void> {
  const rotated = rotate(use, rings[use], nowMs, await freshKey(use));
  const next = 'ring' in rotated ? { ...rings, [use]: rotated.ring } : rings;
  if ('ring' in rotated) await keep(next);
  say(rotated.did, next, rotated.did === 'waits' ? rotated.untilMs : undefined);
}

async function retireOne(use: KeyUse): Promise<void> {
  const left = retire(use, rings[use], nowMs, values.compromised);
  const isChanged = left.length < rings[use].length;
  const next = { ...rings, [use]: left };
  if (isChanged) await keep(next);
  say(isChanged ? 'retired' : 'nothing', next);
}

async function keep(next: Rings): Promise<void> {
  await writeRings(directory, next);
  const envFile = join(resolve(home), 'edge', 'edge.env');
  const text = await readFile(envFile, 'utf8').catch(() => null);
  if (text === null) return;
  await writeFile(`${envFile}.${process.pid}`, withKeys(text, next), { mode: 0o600 });
  await rename(`${envFile}.${process.pid}`, envFile);
}

function say(did: string, shown: Rings, untilMs?: number): void {
  const until = untilMs === undefined ? {} : { until: iso(untilMs) };
  const all = Object.fromEntries(keyUses.map((use) => [use, shown[use].map((key) => describe(use, key))]));
  console.log(JSON.stringify({ did, ...until, rings: all }));
}

function describe(use: KeyUse, key: RingKey) {
  const retiresAt = retiresAtMs(use, key);
  return {
    ...{ kid: key.jwk.kid, stage: key.stage },
    since: key.sinceMs === 0 ? null : iso(key.sinceMs),
    retiresAt: retiresAt === null ? null : iso(retiresAt),
  };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
