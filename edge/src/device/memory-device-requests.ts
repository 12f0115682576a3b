/** Waiting command lines in memory: for tests and simulation. */
import { limits } from '@cellbook/shared/limits.ts';
import {
  afterPoll,
  asBegun,
  type DeviceRequest,
  type DeviceRequests,
  polledOf,
  tooManyDevices,
} from './device-requests.ts';

export function createMemoryDeviceRequests(): DeviceRequests {
  const rows = new Map<string, DeviceRequest>();
  const pending = (userCode: string, nowMs: number) =>
    [...rows].find(
      ([, row]) => row.userCode === userCode && row.state === 'pending' && row.expiresAtMs > nowMs,
    );
  return {
    async begin(request, nowMs) {
      for (const [hash, row] of rows) if (row.expiresAtMs + limits.device.keptMs <= nowMs) rows.delete(hash);
      if (rows.size >= limits.device.requestsMax) throw tooManyDevices();
      if ([...rows.values()].some(({ userCode }) => userCode === request.userCode)) return false;
      rows.set(request.deviceHash, asBegun(request));
      return true;
    },
    async find(userCode, nowMs) {
      return pending(userCode, nowMs)?.[1] ?? null;
    },
    async decide(userCode, { allow, by }, nowMs) {
      const found = pending(userCode, nowMs);
      if (!found) return false;
      const [hash, row] = found;
      rows.set(hash, { ...row, ...by, state: allow ? 'approved' : 'denied' });
      return true;
    },
    async poll(deviceHash, nowMs) {
      const row = rows.get(deviceHash) ?? null;
      if (row) rows.set(deviceHash, afterPoll(row, nowMs));
      return polledOf(row, nowMs);
    },
  };
}
