/**
 * Builds runsc from gVisor's Go module with its filters of system calls in it. Branch `go` has a stub in
 * their place, with which each start and each restore computes them, its sentry's alone 50 to 60 ms of one core.
 *
 *     go get ─▶ go mod vendor ─▶ go run runsc-filters.go ─▶ into the vendored stubs ─▶ go build
 *
 * Modules come and are verified as `go install` does it (GOPROXY, GOSUMDB). `vendor` is the toolchain's own
 * copy that may be edited: it refuses an overlay over its cache of modules. The generator is a Go file, not a
 * string, so that editors and gofmt know it.
 */
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Progress } from './cache.ts';
import { runCommand } from './command.ts';

export interface RunscBuild {
  /** A directory of its own. */
  directory: string;
  /** Of package gvisor.dev/gvisor/runsc. */
  version: string;
  linkerFlags: string;
  progress: Progress;
}

export const gvisorModule = 'gvisor.dev/gvisor/runsc';
/** Where its filters go, by the program they are for. */
const stubs = {
  sentry: `${gvisorModule}/boot/filter/filter_precompiled.go`,
  gofer: `${gvisorModule}/fsgofer/filter/filter_precompiled.go`,
};

/** The path of what was built. Throws where a version keeps its filters in another way. */
export async function buildRunscWithFilters(go: string, build: RunscBuild): Promise<string> {
  const module = join(build.directory, 'module');
  const binary = join(build.directory, 'runsc-with-filters');
  const env = { CGO_ENABLED: '0', GOWORK: 'off' };
  const run = (...command: string[]) =>
    runCommand([go, ...command], { cwd: module, deadlineMs: 900_000, env });
  await mkdir(module);
  // What `go mod vendor` takes along: the program, under a tag that no build sets, and the generator's needs.
  await writeFile(
    join(module, 'runsc.go'),
    `//go:build runsc\n\npackage main\n\nimport _ "${gvisorModule}"\n`,
  );
  await copyFile(join(import.meta.dirname, 'runsc-filters.go'), join(module, 'main.go'));
  await run('mod', 'init', 'cellbook.invalid/runsc');
  build.progress(`fetching ${gvisorModule} ${build.version}`);
  await run('get', `${gvisorModule}@${build.version}`);
  await run('mod', 'vendor');
  build.progress('computing its filters of system calls');
  for (const [program, stub] of Object.entries(stubs)) {
    const filters = await run('run', '-mod=vendor', '-trimpath', '-buildvcs=false', '.', program);
    const source = join(module, 'vendor', stub);
    await writeFile(source, withPrograms(await readFile(source, 'utf8'), filters));
  }
  build.progress('compiling');
  const flags = ['-mod=vendor', '-buildvcs=false', '-trimpath', `-ldflags=${build.linkerFlags}`];
  await run('build', ...flags, '-o', binary, gvisorModule);
  return binary;
}

const registered = '\tprecompiledPrograms = programs\n';
const disabled = 'const PrecompilationDisabledAtBuildTime = true\n';

/** The stub's source with programs in it. */
export function withPrograms(source: string, programs: string): string {
  if (!/^\tprograms\["/m.test(programs)) throw new Error('gVisor’s module names no programs of filters');
  for (const expected of [registered, disabled])
    if (source.split(expected).length !== 2)
      throw new Error(`a stub has another form: exactly once must be in it: ${expected.trim()}`);
  return source
    .replace(registered, () => programs + registered)
    .replace(disabled, disabled.replace('true', 'false'));
}

export type Filters = 'precompiled' | 'at_start';

/** What a build does in truth, by what a container's programs say when they start: older ones say nothing of it. */
export async function filtersOf(runsc: string, flags: string[], directory: string): Promise<Filters> {
  const logs = join(directory, 'logs');
  try {
    await mkdir(logs);
    await runCommand([runsc, ...flags, '--debug', `--debug-log=${logs}/`, 'do', 'true'], {
      deadlineMs: 120_000,
    });
    const files = await readdir(logs);
    const said = (await Promise.all(files.map((name) => readFile(join(logs, name), 'utf8')))).join('');
    const isThere = said.includes('Loaded precompiled seccomp') && !said.includes('from scratch');
    return isThere ? 'precompiled' : 'at_start';
  } finally {
    await rm(logs, { recursive: true, force: true });
  }
}
