import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cacheDirectory } from './cache.ts';
import { runCommand } from './command.ts';
import { ensureRunsc } from './runsc.ts';
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
