/**
 * The certificates of one cell whose programs all run here, under `<keys>/tls/<cell>/`: the authority, the
 * controller and each host. Called at every start: what is there and lasts is left as it is.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { controllerName, hostName } from '@cellbook/shared/certificates/names.ts';
import type { Clock } from '@cellbook/shared/clock.ts';
import type { CellId, HostId } from '@cellbook/shared/ids.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { isCurrent, readAuthority, writeAuthority, writeIdentity } from './files.ts';

export interface CellCertificates {
  /** What CELLBOOK_TLS_DIR is for the controller, and for a host. */
  controller: string;
  host(hostId: HostId): string;
}

export interface CertificateTools {
  clock: Clock;
  random: Random;
}

export async function ensureCellCertificates(
  keysDirectory: string,
  { cellId, hostIds }: { cellId: CellId; hostIds: readonly HostId[] },
  tools: CertificateTools,
): Promise<CellCertificates> {
  const at = (name: string) => join(keysDirectory, 'tls', cellId, name);
  await ensureAuthority(at('authority'), cellId, tools);
  await ensureIdentity(at('authority'), at('controller'), controllerName(cellId), 'controller', tools);
  for (const hostId of hostIds)
    await ensureIdentity(at('authority'), at(hostId), hostName(cellId, hostId), 'host', tools);
  return { controller: at('controller'), host: at };
}

export async function ensureAuthority(directory: string, of: string, tools: CertificateTools): Promise<void> {
  if (existsSync(join(directory, 'ca.crt'))) return;
  const { createAuthority } = await maker();
  await writeAuthority(directory, await createAuthority(`hosts of ${of}`, tools.clock.nowMs(), tools.random));
}

async function ensureIdentity(
  authorityDirectory: string,
  directory: string,
  name: string,
  use: 'controller' | 'host',
  tools: CertificateTools,
): Promise<void> {
  const authority = await readAuthority(authorityDirectory);
  const nowMs = tools.clock.nowMs();
  if (await isCurrent(directory, { name, authority, nowMs })) return;
  const { issueCertificate } = await maker();
  const issued = await issueCertificate(authority, { name, use, nowMs }, tools.random);
  await writeIdentity(directory, issued, authority.certificate);
}

/** Loaded by a start that makes something: the library takes 0.2 s. */
const maker = () => import('@cellbook/shared/certificates/authority.ts');
