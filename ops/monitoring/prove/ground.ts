/** Where causes are made: a small platform whose parts can be broken, and a Prometheus that watches it. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import { freePort, isPortFree } from '@cellbook/shared/ports.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import postgres from 'postgres';
import { removeHome } from '../../e2e/remove-home.ts';
import { platformConfig } from '../../up/config.ts';
import { type Platform, startPlatform } from '../../up/platform.ts';
import { killProgram, programOf } from '../../up/processes/kill-program.ts';
import { silentProgress } from '../../up/progress.ts';
import { waitUntil } from '../../up/wait-until.ts';
import { portsOf, type Target, targetsOf } from '../targets.ts';
import { type ObjectServer, startObjectServer } from './object-server.ts';
import { type Prometheus, startPrometheus } from './prometheus.ts';

export interface Ground {
  /** Its own, which goes with it. */
  directory: string;
  platform: Platform;
  /** The one that is asked. */
  prometheus: Prometheus;
  objects: ObjectServer;
  /** A directory of its own. */
  scratch(): string;
  /** Stops a program (SIGSTOP) and lets it go on: `host-eu-1-a`, `cell-eu-1`. */
  freeze(program: string): () => void;
  /** Kills a program and waits until it serves again. */
  restart(program: string): Promise<void>;
  /** The database of a program. */
  open(program: string): postgres.Sql;
  /** The last is undone first. */
  onStop(undo: () => unknown): void;
  stop(): Promise<void>;
}

export interface GroundSettings<Made> {
  /** What a platform's starter reads of its environment, and who has given the rest. */
  config: NodeJS.ProcessEnv;
  /** Read by the programs themselves, each time that one starts. */
  inherited: Record<string, string>;
  /** What was made for it beside. */
  made: Made;
}

/** `settle`: given the ground's directory, before anything runs; what it has opened it closes by `onStop`. */
export async function startGround<Made>(
  settle: (directory: string, onStop: Ground['onStop']) => Promise<GroundSettings<Made>>,
): Promise<Ground & { made: Made }> {
  const directory = mkdtempSync(join(tmpdir(), 'cellbook-prove-'));
  const stops: Array<() => unknown> = [() => removeHome(directory)];
  const onStop: Ground['onStop'] = (undo) => void stops.push(undo);
  const stop = async () => {
    const failures: unknown[] = [];
    for (let next = stops.pop(); next; next = stops.pop()) {
      try {
        await next();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length > 0)
      throw new AggregateError(failures, 'what was made for the proofs is not all gone');
  };
  try {
    const objects = await startObjectServer(join(directory, 's3'));
    onStop(() => objects.stop());
    const { config, inherited, made } = await settle(directory, onStop);
    onStop(inherit(inherited));
    const platform = await startPlatform(
      platformConfig({
        ...process.env,
        ...config,
        CELLBOOK_HOME: homeIn(directory),
        CELLBOOK_EDGE_PORT: String(await freePort()),
        CELLBOOK_OBJECTS: objects.url,
      }),
      { clock: systemClock, random: systemRandom, progress: silentProgress },
    );
    onStop(() => platform.stop());
    const watched = { directory: join(directory, 'prometheus'), clock: systemClock };
    const prometheus = await startPrometheus(targetsIn(platform), watched);
    onStop(() => prometheus.stop());
    const handles = handlesOf(platform, directory, onStop);
    return { ...handles, directory, platform, prometheus, objects, onStop, stop, made };
  } catch (thrown) {
    await stop().catch(() => undefined);
    throw thrown;
  }
}

/** Until it is undone; the next ground has settings of its own. */
function inherit(settings: Record<string, string>): () => void {
  const before = Object.keys(settings).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, settings);
  return () => {
    for (const [name, value] of before)
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  };
}

export const homeIn = (directory: string): string => join(directory, 'home');

export const targetsIn = ({ home, cells, gpu, url }: Platform): Target[] =>
  targetsOf(home, cells, Number(new URL(url).port), gpu);

function handlesOf(platform: Platform, directory: string, onStop: Ground['onStop']) {
  const { home } = platform;
  return {
    scratch: () => mkdtempSync(join(directory, 'scratch-')),
    freeze(program: string) {
      const { pid } = programOf(home, program);
      process.kill(pid, 'SIGSTOP');
      return () => {
        // One that stood still for long may have been ended by who looks after it.
        if (isAlive(pid)) process.kill(pid, 'SIGCONT');
      };
    },
    async restart(program: string) {
      const { pid } = killProgram(home, program);
      const port = portsOf(home)[program];
      const isBack = async () =>
        programOf(home, program).pid !== pid && (port === undefined || !(await isPortFree(port)));
      await waitUntil(isBack, { clock: systemClock, deadlineMs: 60_000, what: `${program} to run again` });
    },
    open(program: string) {
      const sql = postgres(databaseOf(platform, program), { max: 2, onnotice: () => undefined });
      onStop(() => sql.end({ timeout: 2 }));
      return sql;
    },
  };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** As the program was told. */
function databaseOf({ home }: Platform, program: string): string {
  const { pid } = programOf(home, program);
  const entry = environmentOf(pid).find((each) => each.startsWith('DATABASE_URL='));
  if (entry === undefined) throw new Error(`${program} has no DATABASE_URL`);
  return entry.slice('DATABASE_URL='.length);
}

const environmentOf = (pid: number): string[] => readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
