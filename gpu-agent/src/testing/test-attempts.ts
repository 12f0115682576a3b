/** Attempts of real programs in the test's own process, with a store that takes everything and no scheduler. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@cellbook/shared/clock.ts';
import type { AttemptId } from '@cellbook/shared/ids.ts';
import { silentLogger } from '@cellbook/shared/log.ts';
import type { AttemptReport } from '@cellbook/shared/protocol/gpu-agent-api.ts';
import { Attempts, type AttemptsTools } from '../attempts.ts';
import type { Objects } from '../objects/objects.ts';
import { readBinaries } from '../run/binaries.ts';
import { openGroups } from '../run/cgroup.ts';
import { findConfinement } from '../run/confinement.ts';
import { killAll } from '../run/processes.ts';
import { withTaken } from '../run/remains.ts';
import { until } from './until.ts';

let count = 0;

export interface TestAttempts {
  attempts: Attempts;
  data: string;
  /** What each brought to the store. */
  results: Map<string, string>;
  outcomeOf(attemptId: AttemptId): Promise<Extract<AttemptReport['state'], { phase: 'ended' }>['outcome']>;
  /** Ends what runs first. */
  close(): Promise<void>;
}

/** `commands`: programs named `video-renderer`, of versions 1, 2, … */
export function testAttempts(
  commands: readonly (readonly string[])[],
  change: (usual: AttemptsTools) => Partial<AttemptsTools> = () => ({}),
): TestAttempts {
  const data = mkdtempSync(join(tmpdir(), 'cellbook-attempts-'));
  const programs = join(data, 'programs');
  mkdirSync(programs);
  for (const path of [data, programs]) chmodSync(path, 0o755);
  for (const [at, command] of commands.entries()) {
    const manifest = { name: 'video-renderer', version: String(at + 1), result: 'result', command };
    writeFileSync(join(programs, `${at}.binary.json`), JSON.stringify(manifest));
  }
  const groups = openGroups(`cellbook-test-attempts-${process.pid}-${count++}`);
  const results = new Map<string, string>();
  const confinement = findConfinement({
    ...{ uid: 'auto', network: 'none', readable: [process.execPath, programs], writable: data },
  });
  const usual: AttemptsTools = {
    ...{ clock: systemClock, log: silentLogger, dataDirectory: data, agent: data, groups, confinement },
    binaries: readBinaries([programs]),
    objects: storeOf(results),
    guard: { watch: () => undefined, over: () => undefined, close: () => undefined },
    endAll: (marks) => killAll(marks, systemClock),
    devices: {
      visible: () => ({ environment: {}, minors: null }),
      faultOf: () => '',
      problemOf: (indexes) => devicesOf(attempts).find(({ index }) => indexes.includes(index))?.problem ?? '',
    },
    changed: () => undefined,
    progressed: () => undefined,
    over: () => undefined,
  };
  const attempts = new Attempts({ ended: [], unfinished: [], remains: [] }, { ...usual, ...change(usual) });
  return {
    ...{ attempts, data, results },
    async outcomeOf(attemptId) {
      const { state } = await until(`the end of ${attemptId}`, () =>
        attempts.reports().find((one) => one.attemptId === attemptId && one.state.phase === 'ended'),
      );
      if (state.phase !== 'ended') throw new Error('it has not ended');
      return state.outcome;
    },
    async close() {
      for (const { attemptId } of attempts.live)
        attempts.stop(attemptId, 'cancelled', { save: false, stopMs: 0 });
      await until('everything to end', () => attempts.live.length === 0);
      attempts.close();
      for (const name of groups.names()) groups.open(name).remove();
      groups.close();
      rmSync(data, { recursive: true });
    },
  };
}

/** Two that are well but for what is still on them. */
export const devicesOf = (attempts: Attempts) =>
  withTaken(
    [0, 1].map((index) => ({
      ...{ index, uuid: `SIM-${index}`, sku: 'H200', memoryMib: 1_024, healthy: true, problem: '' },
    })),
    attempts.taken(),
  );

const storeOf = (results: Map<string, string>): Objects => ({
  async upload(key, file) {
    const text = await file.readFile('utf8');
    results.set(key, text);
    return { bytes: text.length };
  },
  download: async () => false,
});
