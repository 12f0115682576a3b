/**
 * `npm run certificates -- <command>`: the certificates between a cell's controller and its hosts
 * (ops/runbooks/certificates.md).
 *
 *   init AUTHORITY                          makes an authority, a directory; one that is there is kept
 *   controller AUTHORITY CELL DIR           issues the controller's certificate into DIR (its CELLBOOK_TLS_DIR)
 *   host AUTHORITY CELL HOST DIR            a host's
 *   show DIR                                whose it is, by which authorities, until when
 *
 *   --days N        valid for N days (365)
 *   --believe FILE  a ca.crt of several authorities, while one replaces another (the issuer's alone)
 */
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { issueCertificate } from '@cellbook/shared/certificates/authority.ts';
import { controllerName, hostName } from '@cellbook/shared/certificates/names.ts';
import { systemClock } from '@cellbook/shared/clock.ts';
import { cellIdSchema, hostIdSchema } from '@cellbook/shared/ids.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { z } from 'zod';
import { explain } from '../up/explain.ts';
import { ensureAuthority } from './cell-certificates.ts';
import { readAuthority, writeIdentity } from './files.ts';

const usage =
  'npm run certificates -- init AUTHORITY | controller AUTHORITY CELL DIR | host AUTHORITY CELL HOST DIR | show DIR  [--days N] [--believe FILE]';
const dayMs = 86_400_000;
const tools = { clock: systemClock, random: systemRandom };

try {
  process.exitCode = await run();
} catch (thrown) {
  console.error(explain(thrown));
  process.exitCode = 1;
}

async function run(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { days: { type: 'string' }, believe: { type: 'string' } },
  });
  const [command, first = '', cell, ...rest] = positionals;
  const count = { init: 2, controller: 4, host: 5, show: 2 }[command ?? ''];
  if (positionals.length !== count) {
    console.error(usage);
    return 1;
  }
  if (command === 'show') return show(first);
  if (command === 'init') await ensureAuthority(first, first, tools);
  else await issue(first, namedIn(command, cell, rest), values);
  return command === 'init' ? say(join(first, 'ca.crt')) : show(rest.at(-1) ?? '');
}

function namedIn(command: string | undefined, cell: string | undefined, rest: string[]) {
  const cellId = cellIdSchema.parse(cell);
  const directory = rest.at(-1) ?? '';
  if (command === 'controller')
    return { name: controllerName(cellId), use: 'controller' as const, directory };
  return { name: hostName(cellId, hostIdSchema.parse(rest[0])), use: 'host' as const, directory };
}

async function issue(
  authorityDirectory: string,
  { directory, ...wanted }: ReturnType<typeof namedIn>,
  { days, believe }: { days?: string | undefined; believe?: string | undefined },
): Promise<void> {
  const authority = await readAuthority(authorityDirectory);
  const validMs =
    days === undefined ? {} : { validMs: z.coerce.number().positive().max(3_650).parse(days) * dayMs };
  const request = { ...wanted, nowMs: systemClock.nowMs(), ...validMs };
  const issued = await issueCertificate(authority, request, systemRandom);
  const believed = believe === undefined ? authority.certificate : await readFile(believe, 'utf8');
  await writeIdentity(directory, issued, believed);
}

function say(text: string): number {
  console.log(text);
  return 0;
}

async function show(directory: string): Promise<number> {
  const own = new X509Certificate(await readFile(join(directory, 'tls.crt')));
  const believed = (await readFile(join(directory, 'ca.crt'), 'utf8')).split(/(?=-----BEGIN)/);
  console.log(`${own.subjectAltName}\n  until  ${own.validTo}\n  by     ${own.issuer}`);
  for (const text of believed.filter((block) => block.includes('BEGIN'))) {
    const { subject, validTo, fingerprint256 } = new X509Certificate(text);
    console.log(`believes ${subject} until ${validTo}, ${fingerprint256.slice(0, 23)}…`);
  }
  return 0;
}
