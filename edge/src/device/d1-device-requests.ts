/** Waiting command lines on D1. Each method is one batch, which D1 runs as a transaction. */
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { z } from 'zod';
import { createBatch } from '../directory/d1-batch.ts';
import {
  asBegun,
  type DeviceRequest,
  type DeviceRequests,
  deviceRequestSchema,
  polledOf,
  tooManyDevices,
} from './device-requests.ts';

const { requestsMax, keptMs, intervalStepMs, intervalMsMax, intervalSlackMs } = limits.device;

const columns = `user_code AS userCode, name, scopes, expires_in_days AS expiresInDays, address, state,
  user_id AS userId, org_id AS orgId, created_at AS createdAtMs, expires_at AS expiresAtMs,
  polled_at AS polledAtMs, interval_ms AS intervalMs`;

export function createD1DeviceRequests({ db, clock }: { db: D1Database; clock: Clock }): DeviceRequests {
  const run = createBatch(db, clock);
  return {
    async begin(request, nowMs) {
      const row = asBegun(request);
      const [, inserted, counted] = await run([
        db.prepare('DELETE FROM device_requests WHERE expires_at <= ?').bind(nowMs - keptMs),
        db
          .prepare(
            `INSERT INTO device_requests (device_hash, user_code, name, scopes, expires_in_days, address, state,
               created_at, expires_at, interval_ms)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6, 'pending', ?7, ?8, ?9
             WHERE ?10 > (SELECT count(*) FROM device_requests) ON CONFLICT DO NOTHING`,
          )
          .bind(
            ...[request.deviceHash, row.userCode, row.name, row.scopes && JSON.stringify(row.scopes)],
            ...[
              row.expiresInDays,
              row.address,
              row.createdAtMs,
              row.expiresAtMs,
              row.intervalMs,
              requestsMax,
            ],
          ),
        db.prepare('SELECT count(*) AS rows FROM device_requests'),
      ]);
      if (inserted?.meta.changes === 1) return true;
      if (countSchema.parse(counted?.results[0]).rows >= requestsMax) throw tooManyDevices();
      return false;
    },
    async find(userCode, nowMs) {
      const [found] = await run([
        db
          .prepare(
            `SELECT ${columns} FROM device_requests WHERE user_code = ? AND state = 'pending' AND expires_at > ?`,
          )
          .bind(userCode, nowMs),
      ]);
      return parseRow(found?.results[0]);
    },
    async decide(userCode, { allow, by }, nowMs) {
      const [decided] = await run([
        db
          .prepare(
            `UPDATE device_requests SET state = ?3, user_id = ?4, org_id = ?5
             WHERE user_code = ?1 AND state = 'pending' AND expires_at > ?2`,
          )
          .bind(userCode, nowMs, allow ? 'approved' : 'denied', by.userId, by.orgId),
      ]);
      return decided?.meta.changes === 1;
    },
    async poll(deviceHash, nowMs) {
      const [before] = await run([
        db.prepare(`SELECT ${columns} FROM device_requests WHERE device_hash = ?`).bind(deviceHash),
        db
          .prepare(
            `UPDATE device_requests SET polled_at = ?2, interval_ms = CASE
               WHEN polled_at IS NOT NULL AND ?2 < polled_at + interval_ms - ?5 THEN min(interval_ms + ?3, ?4)
               ELSE interval_ms END
             WHERE device_hash = ?1 AND state = 'pending' AND expires_at > ?2`,
          )
          .bind(deviceHash, nowMs, intervalStepMs, intervalMsMax, intervalSlackMs),
        db
          .prepare(
            `UPDATE device_requests SET state = 'taken'
             WHERE device_hash = ?1 AND state = 'approved' AND expires_at > ?2`,
          )
          .bind(deviceHash, nowMs),
      ]);
      return polledOf(parseRow(before?.results[0]), nowMs);
    },
  };
}

const countSchema = z.object({ rows: z.int() });
const storedScopes = z.looseObject({ scopes: z.string().nullable() });

function parseRow(row: unknown): DeviceRequest | null {
  if (row === undefined) return null;
  const { scopes, ...rest } = storedScopes.parse(row);
  return deviceRequestSchema.parse({ ...rest, scopes: scopes === null ? null : JSON.parse(scopes) });
}
