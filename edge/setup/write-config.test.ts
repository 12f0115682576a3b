/** As it is used: the program, its last line, and what it leaves for wrangler. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { readPins } from './pins.ts';

const run = promisify(execFile);
const printedSchema = z.object({
  envFile: z.string(),
  stateDirectory: z.string(),
  publicKeysPath: z.string(),
  pinPublicKeyPath: z.string(),
  publicUrl: z.string(),
  wranglerArguments: z.array(z.string()),
});
let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'cellbook-edge-config-'));
});
afterAll(() => rm(home, { recursive: true }));

async function writeConfig(...options: string[]): Promise<z.infer<typeof printedSchema>> {
  const program = join(import.meta.dirname, 'write-config.ts');
  const { stdout } = await run(process.execPath, [program, '--home', home, '--port', '8799', ...options]);
  return printedSchema.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
}
const epoch = async (directory: string) =>
  z.object({ epoch: z.int() }).parse(JSON.parse(await readFile(join(directory, 'pins.json'), 'utf8'))).epoch;

test('writes what the edge needs, keeps it, and publishes pins anew only when cells change', async () => {
  const first = await writeConfig('--cell', 'cell-a=http://127.0.0.1:9001');
  expect(first.publicUrl).toBe('http://localhost:8799');
  expect(first.wranglerArguments).toContain(first.envFile);
  const variables = await readFile(first.envFile, 'utf8');
  expect(variables).toContain("CELLBOOK_WORKSPACE_DOMAIN='localhost:8799'");
  expect((await stat(first.envFile)).mode & 0o777).toBe(0o600);
  expect((await stat(first.stateDirectory)).mode & 0o777).toBe(0o700);
  expect(await readFile(first.publicKeysPath, 'utf8')).not.toContain('"d"');
  expect(await epoch(first.stateDirectory)).toBe(1);

  expect(await writeConfig('--cell', 'cell-a=http://127.0.0.1:9001')).toEqual(first);
  expect(await readFile(first.envFile, 'utf8')).toBe(variables);
  expect(await epoch(first.stateDirectory)).toBe(1);

  await writeConfig('--cell', 'cell-a=http://127.0.0.1:9002');
  expect(await epoch(first.stateDirectory)).toBe(2);
}, 120_000);

test('a start over pins that are there gives cells their new address and drops none that joined', async () => {
  const regions = ['--region', 'eu=Europe:EU,AF', '--region', 'us=Americas'];
  const cells = ['--cell', 'eu/eu-1=http://127.0.0.1:9001', '--cell', 'us/us-1=http://127.0.0.1:9002'];
  const { envFile, pinPublicKeyPath, stateDirectory } = await writeConfig(...regions, ...cells);
  expect(await readFile(envFile, 'utf8')).toContain(
    `CELLBOOK_REGIONS='[{"id":"eu","name":"Europe","continents":["EU","AF"]},{"id":"us","name":"Americas","continents":[]}]'`,
  );
  const { keys } = JSON.parse(await readFile(pinPublicKeyPath, 'utf8'));
  const pinned = async () => {
    const pins = await readPins(join(home, 'edge', 'pins.jws'), keys);
    return { epoch: pins?.epoch, cells: pins?.cells.map(({ id, url }) => `${id} ${url}`) };
  };
  const before = await pinned();
  expect(before.cells).toEqual([
    'cell-a http://127.0.0.1:9002',
    'eu-1 http://127.0.0.1:9001',
    'us-1 http://127.0.0.1:9002',
  ]);
  await rm(stateDirectory, { recursive: true });
  await writeConfig(...regions, '--cell', 'us/us-1=http://127.0.0.1:9003');
  expect(await pinned()).toEqual({
    epoch: (before.epoch ?? 0) + 1,
    cells: ['cell-a http://127.0.0.1:9002', 'eu-1 http://127.0.0.1:9001', 'us-1 http://127.0.0.1:9003'],
  });
}, 120_000);

test.each([
  [[]],
  [['--cell', 'mars/cell-a=http://127.0.0.1:9001']],
  [['--cell', 'cell-a=http://127.0.0.1:9001', '--region', 'EU']],
  [['--cell', 'not a cell']],
  [['--cell', 'cell-a=http://127.0.0.1:9001', '--port', '99999']],
  [['--cell', 'cell-a=http://127.0.0.1:9001', '--public-url', 'nonsense']],
])('refuses %j', async (options) => {
  await expect(writeConfig(...options)).rejects.toThrow();
});
