import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { ManualClock, systemClock } from '@cellbook/shared/clock.ts';
import { cellIdSchema, hostIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ensureCellCertificates } from './cell-certificates.ts';

const cell = { cellId: cellIdSchema.parse('eu-1'), hostIds: [hostIdSchema.parse('eu-1-a')] };

let keys: string;
let clock: ManualClock;
beforeEach(() => {
  keys = mkdtempSync(join(tmpdir(), 'cellbook-certificates-'));
  clock = new ManualClock(systemClock.nowMs());
});
afterEach(() => rmSync(keys, { recursive: true, force: true }));

const ensure = () => ensureCellCertificates(keys, cell, { clock, random: systemRandom });
const shown = (directory: string) => new X509Certificate(readFileSync(join(directory, 'tls.crt')));

it('makes an authority and certificates once, keeps them from others, and renews what ends soon', async () => {
  const { controller, host } = await ensure();
  const directory = host(cell.hostIds[0]!);
  const first = shown(directory);
  expect(first.checkHost('eu-1-a.host.eu-1.cellbook.internal')).toBeDefined();
  expect(shown(controller).checkHost('controller.eu-1.cellbook.internal')).toBeDefined();
  expect(statSync(join(directory, 'tls.key')).mode & 0o077).toBe(0);

  await clock.advance(limits.certificates.validMs - limits.certificates.renewBeforeMs - 1_000);
  await ensure();
  expect(shown(directory).fingerprint256).toBe(first.fingerprint256);
  await clock.advance(2_000);
  await ensure();
  const second = shown(directory);
  expect(second.fingerprint256).not.toBe(first.fingerprint256);
  expect(Date.parse(second.validTo)).toBeGreaterThan(clock.nowMs() + limits.certificates.renewBeforeMs);
});

it('issues anew what another authority has signed', async () => {
  const { host } = await ensure();
  const directory = host(cell.hostIds[0]!);
  const first = shown(directory).fingerprint256;
  rmSync(join(keys, 'tls', 'eu-1', 'authority'), { recursive: true });
  await ensure();
  expect(shown(directory).fingerprint256).not.toBe(first);
  const authority = new X509Certificate(readFileSync(join(directory, 'ca.crt')));
  expect(shown(directory).verify(authority.publicKey)).toBe(true);
});

it('the command makes and shows them, and refuses what it cannot do', () => {
  const run = (...args: string[]) => {
    const file = resolve(import.meta.dirname, 'main.ts');
    const { status, stdout, stderr } = spawnSync(process.execPath, [file, ...args], { encoding: 'utf8' });
    return { status, text: stdout + stderr };
  };
  const [authority, out] = [join(keys, 'authority'), join(keys, 'out')];
  expect(run('host', authority, 'eu-1', 'eu-1-a', out)).toMatchObject({
    status: 1,
    text: expect.stringContaining('npm run certificates -- init'),
  });
  expect(run('init', authority).status).toBe(0);
  expect(run('host', authority, 'eu-1', 'eu-1-a', out, '--days', '30')).toMatchObject({
    status: 0,
    text: expect.stringContaining('eu-1-a.host.eu-1.cellbook.internal'),
  });
  expect(Date.parse(shown(out).validTo) - systemClock.nowMs()).toBeLessThan(31 * 86_400_000);
  expect(run('controller', authority, 'eu-1').status).toBe(1);
  expect(existsSync(join(keys, 'eu-1'))).toBe(false);
});
