/** Which cells a platform on this machine has, and which of them somebody lives in: what its published pins say. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CellId, type RegionId, regionIdSchema, userIdSchema } from '@cellbook/shared/ids.ts';
import { cellOf, type Pins, parsePins } from '@cellbook/shared/pins/pins.ts';
import { z } from 'zod';
import { callJson } from './http.ts';

/** Read without a look at the signature: the file is this machine's own. */
export function readPins(homeDirectory: string): Pins {
  const jws = readFileSync(join(homeDirectory, 'edge', 'pins.jws'), 'utf8');
  return parsePins(JSON.parse(Buffer.from(jws.split('.')[1] ?? '', 'base64url').toString('utf8')));
}

const meSchema = z.object({ userId: userIdSchema, region: regionIdSchema });

export interface LivesIn {
  region: RegionId;
  cellId: CellId;
}

export async function whereLives(origin: string, cookie: string, pins: Pins): Promise<LivesIn> {
  const { userId, region } = meSchema.parse(
    await callJson(origin, { method: 'GET', path: '/v1/me', headers: { cookie } }),
  );
  const cell = cellOf(pins, { userId, region });
  if (!cell) throw new Error(`no cell serves ${userId} in region ${region}`);
  return { region, cellId: cell.id };
}
