/**
 * Addresses that are their own permission: of one job's result, until a moment. What is signed is the region, the job,
 * the name and the moment, so that none of them can be changed; whoever holds the address may fetch, as often as he
 * likes, until then. Keys can be replaced: the first signs, all are believed.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { JobId, RegionId } from '@cellbook/shared/ids.ts';

export interface Signed {
  region: RegionId;
  jobId: JobId;
  name: string;
  /** Seconds since the epoch. */
  expires: number;
}

export type Keys = readonly [Buffer, ...Buffer[]];

export function signedUrl(publicUrl: URL, signed: Signed, keys: Keys): string {
  const { region, jobId, name, expires } = signed;
  const path = `/v1/results/${region}/${jobId}/${encodeURIComponent(name)}`;
  return new URL(`${path}?expires=${expires}&signature=${signatureOf(signed, keys[0])}`, publicUrl).href;
}

export function checkSigned(signed: Signed, signature: string, keys: Keys, nowMs: number): void {
  const given = Buffer.from(signature);
  const isOurs = keys.some((key) => {
    const expected = Buffer.from(signatureOf(signed, key));
    return expected.length === given.length && timingSafeEqual(expected, given);
  });
  if (!isOurs) throw refused('forbidden', 'its signature does not fit');
  if (signed.expires * 1_000 <= nowMs) throw refused('gone', 'its time is over');
}

const signatureOf = ({ region, jobId, name, expires }: Signed, key: Buffer): string =>
  createHmac('sha256', derived(key)).update([region, jobId, name, expires].join('\n')).digest('base64url');

/** A key for this purpose alone. */
const derived = (key: Buffer): Buffer => createHmac('sha256', key).update('result-url').digest();

const refused = (code: 'forbidden' | 'gone', problem: string): CellbookError =>
  new CellbookError(code, {
    doing: 'fetching a result',
    problem: `the address is not valid: ${problem}`,
    next: 'Ask for a new one: GET /v1/jobs/{id}/result.',
  });
