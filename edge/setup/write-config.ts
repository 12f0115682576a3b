/**
 * Writes what the edge needs to run on one machine; doing it again changes only what differs.
 *
 *   node edge/setup/write-config.ts --home DIR --port 8787 --region eu=Europe:EU,AF --region us=Americas:NA,SA
 *        --cell eu/eu-1=http://127.0.0.1:9001 --cell us/us-1=http://127.0.0.1:9002 [--cell …]
 *        [--scheduler eu/gpu-eu=http://127.0.0.1:9003 … --federation-key FILE] [--lab LAB_BUILD_DIRECTORY] [--public-url URL --workspace-domain HOST:PORT]
 *
 * Under DIR: `keys/edge/` (keys.ts), `keys/cells/` (cell-keys.ts), `edge/edge.env` (the router's variables), `edge/pins.jws` (the pins last
 * published, by this or by `npm run pins`), `edge/state/` (local KV and D1: the pins, and the directory brought
 * up to its newest migration). Pins that are there are kept: cells that are given get the address they have now,
 * others stay. The last line on standard output is JSON: `{envFile, stateDirectory, publicKeysPath,
 * pinPublicKeyPath, cellKeysDirectory, publicUrl, wranglerArguments}`. Run it while the edge is stopped.
 */
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import { assembleAssets } from './assets.ts';
import { cellKeysOf, withCellKeys } from './cell-keys.ts';
import { type EdgeKeys, ensureKeys } from './keys.ts';
import { type Options, readOptions } from './options.ts';
import { nextPins, readPins } from './pins.ts';
import { signInVariables } from './sign-in-variables.ts';
import { configFiles, runWrangler } from './wrangler.ts';

const options = readOptions();
const state = join(options.home, 'edge', 'state');
const envFile = join(options.home, 'edge', 'edge.env');

// The state holds people's addresses.
await mkdir(state, { recursive: true, mode: 0o700 });
const keys = await ensureKeys(options.home);
await assembleAssets(options.lab);
await writeFile(envFile, envText(options, keys) + (await federationKey(options)), { mode: 0o600 });
// In turn: two wranglers at once open the same databases, and one is told that they are locked.
await migrate();
await publishPins(options, keys);
console.log(
  JSON.stringify({
    envFile,
    stateDirectory: state,
    publicKeysPath: keys.publicKeysPath,
    pinPublicKeyPath: keys.pinPublicKeyPath,
    cellKeysDirectory: cellKeysOf(options.home),
    publicUrl: publicUrl(options),
    wranglerArguments: [
      'dev',
      ...configFiles.flatMap((file) => ['-c', file]),
      ...['--env-file', envFile, '--persist-to', state, '--port', String(options.port), '--ip', '127.0.0.1'],
      ...['--inspector-port', '0', '--show-interactive-dev-session', 'false', '--log-level', 'warn'],
    ],
  }),
);

function publicUrl({ 'public-url': url, port }: Options): string {
  return url ?? `http://localhost:${port}`;
}

function envText(options: Options, { credentials, principal, pinPublicKeys, audit }: EdgeKeys): string {
  const variables: Record<string, string> = {
    CELLBOOK_PUBLIC_URL: publicUrl(options),
    CELLBOOK_WORKSPACE_DOMAIN: options['workspace-domain'] ?? `localhost:${options.port}`,
    CELLBOOK_REGIONS: JSON.stringify(options.regions),
    CELLBOOK_SCHEDULERS: JSON.stringify(options.schedulers),
    // wrangler listens there alone; a proxy before it says in which header it tells the client's address.
    CELLBOOK_CLIENT_ADDRESS: process.env.CELLBOOK_CLIENT_ADDRESS ?? '127.0.0.1',
    CELLBOOK_PARKING: process.env.CELLBOOK_PARKING ?? 'on',
    ...signInVariables(process.env),
    CELLBOOK_CREDENTIAL_KEYS: JSON.stringify(credentials),
    CELLBOOK_PRINCIPAL_KEY: JSON.stringify(principal),
    CELLBOOK_PIN_PUBLIC_KEY: JSON.stringify(pinPublicKeys),
    CELLBOOK_AUDIT_KEY: JSON.stringify(audit),
    ...retention(process.env),
    ...(options.lab === undefined ? {} : { CELLBOOK_LAB_VERSION: basename(resolve(options.lab)) }),
  };
  return Object.entries(variables)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join('');
}

/** The secret by which GPU regions' schedulers are known. */
async function federationKey({ 'federation-key': file }: Options): Promise<string> {
  return file === undefined ? '' : `CELLBOOK_FEDERATION_KEY='${(await readFile(file, 'utf8')).trim()}'\n`;
}

/** A mistake is told here, once, and not by every request. */
function retention({ CELLBOOK_AUDIT_RETENTION_DAYS: days, CELLBOOK_AUDIT_REMOVE: what }: NodeJS.ProcessEnv) {
  return {
    ...(days && { CELLBOOK_AUDIT_RETENTION_DAYS: String(z.coerce.number().int().min(1).parse(days)) }),
    ...(what && { CELLBOOK_AUDIT_REMOVE: z.enum(['expired', 'exported']).parse(what) }),
  };
}

/** What has been done to the local stores is recorded beside them, so that the two are lost together. */
async function recordOf<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
): Promise<z.infer<Schema> | null> {
  const text = await readFile(join(state, name), 'utf8').catch(() => null);
  return text === null ? null : schema.parse(JSON.parse(text));
}

async function migrate(): Promise<void> {
  const wanted = (await readdir(join(import.meta.dirname, '..', 'migrations'))).sort();
  const applied = await recordOf('migrations.json', z.array(z.string()));
  if (JSON.stringify(applied) === JSON.stringify(wanted)) return;
  await runWrangler(['d1', 'migrations', 'apply', 'DIRECTORY', '--local', '--persist-to', state]);
  await writeFile(join(state, 'migrations.json'), JSON.stringify(wanted));
}

/** A new epoch only where the pins are not as they were; the state may have been thrown away meanwhile. */
async function publishPins({ home, cells: given }: Options, keys: EdgeKeys): Promise<void> {
  const cells = await withCellKeys(home, given);
  const path = join(home, 'edge', 'pins.jws');
  const last = await readPins(path, keys.pinPublicKeys);
  const record = await recordOf('pins.json', z.object({ epoch: z.int() }));
  const next = await nextPins({ last, cells, key: keys.pins });
  if (next) {
    // Whole or not at all: without it the next start would begin at the first epoch again.
    await writeFile(`${path}.new`, next.jws, { mode: 0o600 });
    await rename(`${path}.new`, path);
  }
  const epoch = next?.epoch ?? last?.epoch ?? 0;
  if (record?.epoch === epoch) return;
  const value = ['pins', '--path', path, '--binding', 'PINS', '--local', '--persist-to', state];
  await runWrangler(['kv', 'key', 'put', ...value]);
  await writeFile(join(state, 'pins.json'), JSON.stringify({ epoch }));
}
