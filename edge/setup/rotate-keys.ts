/**
 *   node edge/setup/rotate-keys.ts --home DIR list
 *   node edge/setup/rotate-keys.ts --home DIR rotate USE      USE: credentials, principal, pins (key-ring.ts)
 *   node edge/setup/rotate-keys.ts --home DIR retire USE [--compromised KID …]
 *
 * The last line on standard output is JSON: `{did, use, keys: [{kid, stage, since, retiresAt}]}`; `did` is
 * `listed`, `added`, `promoted`, `retired`, `nothing`, `waits` (with `until`) or `full`.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { systemClock } from '@cellbook/shared/clock.ts';
import { z } from 'zod';
import { type KeyUse, keyUses, type Ring, retire, retiresAtMs, rotate } from './key-ring.ts';
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
  for (const use of keyUses) say('listed', use, rings[use]);
} else {
  const use = z.enum(keyUses).parse(positionals[1]);
  if (command === 'rotate') await rotateOne(use);
  else await retireOne(use);
}

async function rotateOne(use: KeyUse): Promise<void> {
  const rotated = rotate(use, rings[use], nowMs, await freshKey(use));
  if ('ring' in rotated) await keep({ ...rings, [use]: rotated.ring });
  const until: Record<string, string> =
    rotated.did === 'waits' ? { until: new Date(rotated.untilMs).toISOString() } : {};
  say(rotated.did, use, 'ring' in rotated ? rotated.ring : rings[use], until);
}

async function retireOne(use: KeyUse): Promise<void> {
  const left = retire(use, rings[use], nowMs, values.compromised);
  const isChanged = left.length < rings[use].length;
  if (isChanged) await keep({ ...rings, [use]: left });
  say(isChanged ? 'retired' : 'nothing', use, left);
}

async function keep(next: Rings): Promise<void> {
  await writeRings(directory, next);
  const envFile = join(resolve(home), 'edge', 'edge.env');
  const text = await readFile(envFile, 'utf8').catch(() => null);
  if (text === null) return;
  await writeFile(`${envFile}.${process.pid}`, withKeys(text, next), { mode: 0o600 });
  await rename(`${envFile}.${process.pid}`, envFile);
}

function say(did: string, use: KeyUse, ring: Ring, more: Record<string, string> = {}): void {
  const keys = ring.map((key) => {
    const retiresAt = retiresAtMs(use, key);
    return {
      ...{ kid: key.jwk.kid, stage: key.stage },
      since: key.sinceMs === 0 ? null : new Date(key.sinceMs).toISOString(),
      retiresAt: retiresAt === null ? null : new Date(retiresAt).toISOString(),
    };
  });
  console.log(JSON.stringify({ did, use, ...more, keys }));
}
