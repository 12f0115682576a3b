/**
 * In which order test files are begun. One that takes two minutes and is begun last keeps one worker busy when all others
 * have nothing left, so that those which are known to be slow come first, the slowest before all; whoever is not named
 * follows as vitest has it. A clean clone has no durations of its own to go by.
 */
import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Seconds on two cores that did nothing else, as far as they are more than ten. They need not be right, only in order. */
export const slowFiles: Readonly<Record<string, number>> = {
  'ops/e2e/crash-matrix.test.ts': 168,
  'ops/e2e/start.test.ts': 120,
  'ops/e2e/blackbox.test.ts': 96,
  'ops/e2e/browser.test.ts': 40,
  'ops/e2e/jupyter-services.test.ts': 35,
  'ops/e2e/gpu.test.ts': 34,
  'ops/e2e/cli.test.ts': 34,
  'ops/e2e/readme-tour.test.ts': 30,
  'ops/e2e/regions.test.ts': 26,
  'gpu-agent/src/agent.test.ts': 53,
  'cells/src/lifecycle/crash/faults.test.ts': 50,
  'edge/setup/write-config.test.ts': 46,
  'cells/src/gateway/real-kernels.gvisor.test.ts': 46,
  'cells/src/main.test.ts': 42,
  'cells/src/sandbox/gvisor/driver.test.ts': 42,
  'cells/src/host/daemon.process.test.ts': 37,
  'cells/src/sandbox/gvisor/restored.test.ts': 34,
  'cells/src/ladder/ladder.gvisor.test.ts': 33,
  'cells/src/sandbox/process/driver.test.ts': 26,
  'cells/src/lifecycle/crash/full-disks.test.ts': 26,
  'cells/src/sandbox/gvisor/isolation.test.ts': 25,
  'ops/pins/pins.test.ts': 22,
  'cells/src/ladder/drain.gvisor.test.ts': 22,
  'cells/src/lifecycle/crash/cycles.gvisor.test.ts': 21,
  'cells/src/pool/pool.gvisor.test.ts': 20,
  'cells/src/sandbox/gvisor/sudden-memory.test.ts': 20,
  'cells/src/ladder/remote-memory.gvisor.test.ts': 19,
  'cells/src/environments/environment.gvisor.test.ts': 18,
  'cells/src/secrets/secret-life.gvisor.test.ts': 18,
};

export class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const { root } = this.ctx.config;
    return slowestFirst(await super.sort(files), ({ moduleId }) => relative(root, moduleId));
  }
}

/** Those of the same time stay in the order they have. */
export function slowestFirst<File>(files: readonly File[], pathOf: (file: File) => string): File[] {
  const seconds = (file: File) => slowFiles[pathOf(file)] ?? 0;
  return files.toSorted((one, other) => seconds(other) - seconds(one));
}
