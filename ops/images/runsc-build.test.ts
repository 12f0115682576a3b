import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { expect, it, vi } from 'vitest';
import { cacheDirectory } from './cache.ts';
import { runCommand } from './command.ts';
import { ensureRunsc, runscIn } from './runsc.ts';
import { withPrograms } from './runsc-build.ts';

/** As branch `go` has it, but for its comments. */
const stub = `package filter

const PrecompilationDisabledAtBuildTime = true

func registerPrograms() {
	programs := make(map[string]precompiledseccomp.Program)
	precompiledPrograms = programs
}
`;
const programs = '\tprograms["GOARCH=\\"amd64\\""] = precompiledseccomp.Program{\n\t\tName: "$&",\n\t}\n';

it('registers the programs before they are published, as they were printed, and says that they are there', () => {
  expect(withPrograms(stub, programs)).toBe(`package filter

const PrecompilationDisabledAtBuildTime = false

func registerPrograms() {
	programs := make(map[string]precompiledseccomp.Program)
	programs["GOARCH=\\"amd64\\""] = precompiledseccomp.Program{
		Name: "$&",
	}
	precompiledPrograms = programs
}
`);
});

it('builds nothing from a stub of another form, or from no programs', () => {
  expect(() => withPrograms(stub.replace('precompiledPrograms = ', 'published = '), programs)).toThrow(
    'another form',
  );
  expect(() => withPrograms(stub.replace(' = true', ' bool'), programs)).toThrow('another form');
  expect(() => withPrograms(stub + stub, programs)).toThrow('another form');
  expect(() => withPrograms(stub, '')).toThrow('no programs');
});

it('is in what Go builds here: a sandbox of it starts without computing its filters', {
  timeout: 1_200_000,
}, async () => {
  const runsc = await ensureRunsc({ cacheDirectory: cacheDirectory(), progress: () => undefined });
  const logs = await mkdtemp(join(tmpdir(), 'cellbook-filters-'));
  const flags = [`--platform=${runsc.platform}`, '--network=none', '--ignore-cgroups', runsc.overlayFlag];
  const logged = ['--debug', `--debug-log=${logs}/`];
  await runCommand([runsc.path, ...flags, ...logged, 'do', 'true'], { deadlineMs: 60_000 });
  const written = await readdir(logs);
  const said = await Promise.all(written.map((name) => readFile(join(logs, name), 'utf8')));
  await rm(logs, { recursive: true });
  if (runsc.source === 'go') expect(runsc.filters).toBe('precompiled');
  expect(said.join()).not.toContain(runsc.filters === 'precompiled' ? 'from scratch' : 'Loaded precompiled');
});

it('tries once a day again to build the filters into one that was kept without them, and keeps that where it cannot', async () => {
  const cache = await mkdtemp(join(tmpdir(), 'cellbook-runsc-cache-'));
  const said: string[] = [];
  const ensure = () => ensureRunsc({ cacheDirectory: cache, progress: (line) => void said.push(line) });
  const keep = async (kept: object, hoursAgo: number) => {
    await writeFile(`${path}.json`, JSON.stringify({ path, ...kept }));
    const then = new Date(systemClock.nowMs() - hoursAgo * 3_600_000);
    await utimes(`${path}.json`, then, then);
  };
  // A Go that has nothing, and may fetch nothing.
  vi.stubEnv('GOPROXY', 'off');
  vi.stubEnv('GOMODCACHE', join(cache, 'modules'));
  const path = runscIn(cache);
  try {
    await mkdir(dirname(path), { recursive: true });
    const plain = { source: 'go', filters: 'at_start' };
    for (const [kept, hoursAgo] of [
      [plain, 23],
      [{ ...plain, source: 'backports' }, 25],
      [{ ...plain, filters: 'precompiled' }, 25],
    ] as const) {
      await keep(kept, hoursAgo);
      expect(await ensure()).toMatchObject(kept);
    }
    expect(said).toEqual([]);
    await keep(plain, 25);
    expect(await ensure()).toMatchObject(plain);
    expect(said.filter((line) => line.startsWith('no runsc from'))).toHaveLength(1);
    const once = said.length;
    expect(await ensure()).toMatchObject(plain);
    expect(said).toHaveLength(once);
  } finally {
    vi.unstubAllEnvs();
    await rm(cache, { recursive: true, force: true });
  }
});
