/**
 * Gets the newest runsc this machine can have, into the cache, with a JSON file beside it that says what it
 * is. In this order: built from the pinned module where Go is, with its filters of system calls in it
 * (runsc-build.ts) or, where that fails, without; the Debian backport; the distribution's own; one that is
 * already on the path. Each candidate is tried in earnest (a container is run) before it is taken. One that
 * was built without its filters is what there is; once a day a start tries to build them into it again. As a
 * command: `node ops/images/runsc.ts`.
 */
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { hostRelease, hostSources } from './apt-sources.ts';
import { cacheDirectory, type Progress, withLock } from './cache.ts';
import { runCommand, succeeds } from './command.ts';
import { findGo, goInstall } from './go.ts';
import { buildRunscWithFilters, type Filters, filtersOf, gvisorModule } from './runsc-build.ts';

/** Of branch `go`, which holds the generated sources that `go install` needs. */
export const gvisorVersion = 'v0.0.0-20260905035102-160fafc42237';
/** Another way to build the same version lies beside what was kept of it. */
const cacheKey = `${gvisorVersion}-all-filters`;

export interface Runsc {
  path: string;
  version: string;
  platform: 'systrap' | 'ptrace';
  source: 'go' | 'backports' | 'distribution' | 'path';
  /** The flag that keeps writes out of the image; Debian's 2022 build names it differently. */
  overlayFlag: string;
  /** Whether its filters of system calls are in it, or are computed at each start and each restore. */
  filters: Filters;
}

export interface EnsureRunscOptions {
  cacheDirectory: string;
  progress: Progress;
}

/** Where it is kept; what it is stands beside it, in a file of this name and `.json`. */
export const runscIn = (cache: string): string => join(cache, 'runsc', cacheKey, 'runsc');

export async function ensureRunsc(options: EnsureRunscOptions): Promise<Runsc> {
  const path = runscIn(options.cacheDirectory);
  const kept = await readKept(path);
  if (kept && !(await isToBeTriedAgain(kept))) return kept;
  return withLock(`${dirname(path)}.lock`, options.progress, async () => {
    const meanwhile = await readKept(path);
    if (!meanwhile) return obtain(path, options.progress);
    return (await isToBeTriedAgain(meanwhile)) ? tryAgain(meanwhile, options.progress) : meanwhile;
  });
}

/** Why its filters could not be built may have passed: a proxy of modules that was away, a disk that was full. */
const tryAgainAfterMs = 24 * 3_600_000;

/** When it was tried last is when what was kept was written, or touched. */
async function isToBeTriedAgain({ path, source, filters }: Runsc): Promise<boolean> {
  if (source !== 'go' || filters !== 'at_start') return false;
  const { mtimeMs } = await stat(`${path}.json`);
  return systemClock.nowMs() - mtimeMs >= tryAgainAfterMs;
}

async function tryAgain(kept: Runsc, progress: Progress): Promise<Runsc> {
  const now = new Date(systemClock.nowMs());
  // First, so that the next start does not try as well, however this one ends.
  await utimes(`${kept.path}.json`, now, now);
  progress(`${atEachStart}; building one that need not is tried once a day`);
  return obtain(kept.path, progress, [withFilters]).catch(() => {
    progress(`the one there is stays: ${kept.path}`);
    return kept;
  });
}

async function readKept(path: string): Promise<Runsc | null> {
  const text = await readFile(`${path}.json`, 'utf8').catch(() => null);
  return text === null ? null : JSON.parse(text);
}

async function obtain(path: string, progress: Progress, from = candidates): Promise<Runsc> {
  const reasons: string[] = [];
  for (const { source, title = source, needs, get } of from) {
    const workDirectory = await mkdtemp(join(tmpdir(), 'cellbook-runsc-'));
    try {
      const binary = await get(workDirectory, progress);
      const tried = await tryOut(binary, workDirectory, progress);
      if (needs !== undefined && tried.filters !== needs) throw new Error('its filters are not in it');
      await mkdir(dirname(path), { recursive: true });
      await copyFile(binary, `${path}.draft`);
      await rename(`${path}.draft`, path);
      const runsc: Runsc = { path, source, ...tried };
      await writeFile(`${path}.json`, JSON.stringify(runsc, null, 2));
      progress(`runsc ${runsc.version} (${source}, ${runsc.platform}): ${path}`);
      if (runsc.filters === 'at_start') progress(atEachStart);
      return runsc;
    } catch (error) {
      const reason = error instanceof Error ? error.message.split('\n').slice(0, 3).join(' ') : error;
      reasons.push(`${title}: ${reason}`);
      progress(`no runsc from ${title}: ${reason}`);
    } finally {
      await rm(workDirectory, { recursive: true, force: true });
    }
  }
  throw new Error(
    `no runsc could be had:\n  ${reasons.join('\n  ')}\nInstall one as root: apt-get install runsc`,
  );
}

interface Candidate {
  source: Runsc['source'];
  title?: string;
  needs?: Filters;
  get(workDirectory: string, progress: Progress): Promise<string>;
}

const withFilters: Candidate = {
  ...{ source: 'go', title: 'go with its filters', needs: 'precompiled', get: fromGoWithFilters },
};
const candidates: Candidate[] = [
  withFilters,
  { source: 'go', get: fromGo },
  { source: 'backports', get: fromBackports },
  { source: 'distribution', get: fromDistribution },
  { source: 'path', get: fromPath },
];

const atEachStart =
  'this runsc computes its filters of system calls at each start and each restore of a sandbox: some 70 ms of one core';

/** The version is the same with filters and without: it binds images of memory, which fit both. */
const linkerFlags = `-s -w -X gvisor.dev/gvisor/runsc/version.version=${gvisorVersion}`;

async function fromGoWithFilters(directory: string, progress: Progress): Promise<string> {
  const go = await goOfThisMachine();
  progress('building runsc with Go (about a minute)');
  return buildRunscWithFilters(go, { directory, version: gvisorVersion, linkerFlags, progress });
}

/** Static (CGO_ENABLED=0): runsc starts itself again inside an empty root, where no loader is. */
async function fromGo(workDirectory: string, progress: Progress): Promise<string> {
  const go = await goOfThisMachine();
  progress('building runsc with Go as it is published (about a minute)');
  await goInstall(go, `${gvisorModule}@${gvisorVersion}`, { directory: workDirectory, linkerFlags });
  return join(workDirectory, 'runsc');
}

async function goOfThisMachine(): Promise<string> {
  const go = await findGo();
  if (go === null) throw new Error('Go is not installed');
  return go;
}

async function fromBackports(workDirectory: string, progress: Progress): Promise<string> {
  const { id, codename } = await hostRelease();
  if (id !== 'debian') throw new Error('backports are Debian’s');
  return fromApt(workDirectory, await hostSources(codename, '-backports'), progress);
}

async function fromDistribution(workDirectory: string, progress: Progress): Promise<string> {
  return fromApt(workDirectory, await hostSources((await hostRelease()).codename), progress);
}

/** Downloads the package with sources of its own (the machine's configuration stays as it is) and unpacks it. */
async function fromApt(workDirectory: string, sources: string, progress: Progress): Promise<string> {
  const file = join(workDirectory, sources.startsWith('deb ') ? 'sources.list' : 'cellbook.sources');
  await writeFile(file, sources);
  await mkdir(join(workDirectory, 'lists', 'partial'), { recursive: true });
  const options = [
    `Dir::Etc::SourceList=${file}`,
    'Dir::Etc::SourceParts=/dev/null',
    `Dir::State::Lists=${join(workDirectory, 'lists')}`,
    'APT::Sandbox::User=root',
  ].flatMap((option) => ['-o', option]);
  progress('downloading the runsc package');
  await runCommand(['apt-get', ...options, 'update'], { deadlineMs: 300_000 });
  await runCommand(['apt-get', ...options, 'download', 'runsc'], { deadlineMs: 300_000, cwd: workDirectory });
  await runCommand(['sh', '-c', 'dpkg-deb -x runsc_*.deb .'], { deadlineMs: 60_000, cwd: workDirectory });
  return join(workDirectory, 'usr/bin/runsc');
}

async function fromPath(): Promise<string> {
  return (await runCommand(['sh', '-c', 'command -v runsc'], { deadlineMs: 10_000 })).trim();
}

const overlayFlags = ['--overlay2=none', '--overlay=false'];
const platforms = ['systrap', 'ptrace'] as const;

/** The flags this build understands, and the first platform on which a container really runs. */
async function tryOut(
  binary: string,
  workDirectory: string,
  progress: Progress,
): Promise<Pick<Runsc, 'version' | 'platform' | 'overlayFlag' | 'filters'>> {
  const text = await runCommand([binary, '--version'], { deadlineMs: 20_000 });
  const version = text.match(/^runsc version (\S+)/m)?.[1] ?? 'unknown';
  for (const overlayFlag of overlayFlags) {
    if (!(await succeeds([binary, overlayFlag, '--version']))) continue;
    for (const platform of platforms) {
      progress(`trying runsc ${version} with ${platform}`);
      const flags = [`--platform=${platform}`, '--network=none', '--ignore-cgroups', overlayFlag];
      if (!(await succeeds([binary, ...flags, 'do', 'true'], 60_000))) continue;
      return { version, platform, overlayFlag, filters: await filtersOf(binary, flags, workDirectory) };
    }
  }
  throw new Error(
    `runsc ${version} runs no container on this machine (it needs root and a Linux kernel of 4.15 or newer)`,
  );
}

if (import.meta.main) {
  const runsc = await ensureRunsc({
    cacheDirectory: cacheDirectory(),
    progress: (line) => console.error(line),
  });
  console.log(JSON.stringify(runsc));
}
