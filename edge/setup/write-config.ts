/**
 * Writes what the edge needs to run on one machine; doing it again changes only what differs.
 *
 *   node edge/setup/write-config.ts --home DIR --port 8787 --cell cell-a=http://127.0.0.1:9001 [--cell …]
 *        [--region local] [--lab LAB_BUILD_DIRECTORY] [--public-url URL --workspace-domain HOST:PORT]
 *
 * Under DIR: `keys/edge/` (keys.ts), `edge/edge.env` (the router's variables), `edge/state/` (local KV and D1:
 * the pins, and the directory brought up to its newest migration). The last line on standard output is JSON:
 * `{envFile, stateDirectory, publicKeysPath, publicUrl, wranglerArguments}`. Run it while the edge is stopped.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { cellIdSchema, regionIdSchema } from '@cellbook/shared/ids.ts';
import { z } from 'zod';
import type { Cell } from '../src/route/pins.ts';
import { assembleAssets } from './assets.ts';
import { type EdgeKeys, ensureKeys, publicOf } from './keys.ts';
import { signPins } from './pins.ts';
import { configFiles, runWrangler } from './wrangler.ts';

const optionsSchema = z.object({
  home: z.string().transform((path) => resolve(path)),
  port: z.coerce.number().int().min(1).max(65_535),
  region: regionIdSchema.default(regionIdSchema.parse('local')),
  cell: z
    .array(z.string().regex(/^[a-z][a-z0-9-]*=https?:\/\/\S+$/, 'expected cell-id=http://host:port'))
    .min(1),
  lab: z.string().optional(),
  'public-url': z.url().optional(),
  'workspace-domain': z.string().optional(),
});
type Options = z.infer<typeof optionsSchema>;

const { values } = parseArgs({
  options: {
    home: { type: 'string' },
    port: { type: 'string' },
    region: { type: 'string' },
    cell: { type: 'string', multiple: true },
    lab: { type: 'string' },
    'public-url': { type: 'string' },
    'workspace-domain': { type: 'string' },
  },
});
const options = optionsSchema.parse(values);
const state = join(options.home, 'edge', 'state');
const envFile = join(options.home, 'edge', 'edge.env');

// The state holds people's addresses.
await mkdir(state, { recursive: true, mode: 0o700 });
const keys = await ensureKeys(options.home);
await assembleAssets(options.lab);
await writeFile(envFile, envText(options, keys), { mode: 0o600 });
// In turn: two wranglers at once open the same databases, and one is told that they are locked.
await migrate();
await publishPins(options, keys);
console.log(
  JSON.stringify({
    envFile,
    stateDirectory: state,
    publicKeysPath: keys.publicKeysPath,
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

function envText(options: Options, { credentials, principal, pins }: EdgeKeys): string {
  const variables: Record<string, string> = {
    CELLBOOK_PUBLIC_URL: publicUrl(options),
    CELLBOOK_WORKSPACE_DOMAIN: options['workspace-domain'] ?? `localhost:${options.port}`,
    CELLBOOK_REGION: options.region,
    CELLBOOK_SIGN_IN: 'development',
    CELLBOOK_CREDENTIAL_KEYS: JSON.stringify(credentials),
    CELLBOOK_PRINCIPAL_KEY: JSON.stringify(principal),
    CELLBOOK_PIN_PUBLIC_KEY: JSON.stringify(publicOf(pins)),
    ...(options.lab === undefined ? {} : { CELLBOOK_LAB_VERSION: basename(resolve(options.lab)) }),
  };
  return Object.entries(variables)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join('');
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

/** A new epoch only where the cells differ from those last published. */
async function publishPins({ home, cell, region }: Options, keys: EdgeKeys): Promise<void> {
  const cells = cell.map((text): Cell => {
    const at = text.indexOf('=');
    return { id: cellIdSchema.parse(text.slice(0, at)), region, url: text.slice(at + 1) };
  });
  const wanted = JSON.stringify({ cells, key: keys.pins.kid });
  const record = await recordOf('pins.json', z.object({ epoch: z.int(), published: z.string() }));
  if (record?.published === wanted) return;
  const epoch = (record?.epoch ?? 0) + 1;
  const pinsPath = join(home, 'edge', 'pins.jws');
  await writeFile(pinsPath, await signPins({ epoch, cells, key: keys.pins }));
  const value = ['pins', '--path', pinsPath, '--binding', 'PINS', '--local', '--persist-to', state];
  await runWrangler(['kv', 'key', 'put', ...value]);
  await writeFile(join(state, 'pins.json'), JSON.stringify({ epoch, published: wanted }));
}
