/**
 * A WorkspaceRuntime for tests: the lifecycle's promises with none of its machinery. One workspace, one
 * sandbox at a time, single-flight resumes, listeners called in the order of the contract.
 */
import type { UserId, WorkspaceId } from '@cellbook/shared/ids.ts';
import { SingleFlight } from '@cellbook/shared/single-flight.ts';
import type { RuntimeListener, WorkspaceRuntime } from '../../lifecycle/runtime.ts';
import type { Sandbox } from '../../sandbox/driver.ts';

export interface TestRuntime extends WorkspaceRuntime {
  /** Resumes so far. */
  starts: number;
  touches: number;
  /** While set, `ensureRunning` rejects with it. */
  failure: Error | null;
  /** While set, a resume waits for it. */
  gate: Promise<unknown> | null;
  /** Callers of `ensureRunning` so far that found nothing running. */
  waiting: number;
  suspend(): Promise<void>;
  /** Suspends it with its memory. */
  sleep(): Promise<void>;
  /** Begins a suspend that fails on its way, and lets it run again. */
  failToSuspend(meanwhile: () => Promise<unknown>): Promise<void>;
  /** Begins a suspend that fails, and is tried again until somebody asks for the sandbox. */
  suspendInVain(): Promise<void>;
  /** What was kept of its memory is gone. */
  forget(): void;
  /** Tells the listeners that the sandbox has gone by itself. */
  noteStopped(): void;
}

export interface TestRuntimeOptions {
  workspaceId: WorkspaceId;
  ownerId: UserId;
  start(epoch: number): Promise<Sandbox>;
  stop(sandbox: Sandbox): Promise<void>;
}

export function createTestRuntime({ workspaceId, ownerId, start, stop }: TestRuntimeOptions): TestRuntime {
  const listeners: RuntimeListener[] = [];
  const flights = new SingleFlight<WorkspaceId, Sandbox>();
  let sandbox: Sandbox | null = null;
  let staying: Sandbox | null = null;
  let epoch = 0;
  const runtime: TestRuntime = {
    starts: 0,
    touches: 0,
    failure: null,
    gate: null,
    waiting: 0,
    async find(id) {
      if (id !== workspaceId) return null;
      const phase = sandbox ? 'running' : 'suspended';
      return { id, ownerId, name: 'test', desired: phase, phase, epoch, problem: null, lastResume: null };
    },
    current: () => sandbox,
    async ensureRunning() {
      if (runtime.failure) throw runtime.failure;
      if (sandbox) return sandbox;
      if (runtime.gate) runtime.waiting += 1;
      return flights.run(workspaceId, async () => {
        await runtime.gate;
        const started = staying ?? (await start(++epoch));
        if (!staying) runtime.starts += 1;
        [sandbox, staying] = [started, null];
        void started.exited.then(() => {
          if (sandbox === started) runtime.noteStopped();
        });
        for (const listener of listeners) await listener.onRunning(workspaceId, started, []);
        return started;
      });
    },
    touch: () => {
      runtime.touches += 1;
    },
    addListener: (listener) => void listeners.push(listener),
    async suspend() {
      const leaving = sandbox;
      if (!leaving) return;
      for (const listener of listeners)
        await listener.onSuspending(workspaceId, leaving, new AbortController().signal);
      await stop(leaving);
      await leaving.exited;
      if (sandbox === leaving) runtime.noteStopped();
    },
    async sleep() {
      const leaving = sandbox;
      if (!leaving) return;
      for (const listener of listeners)
        await listener.onSuspending(workspaceId, leaving, new AbortController().signal);
      sandbox = null;
      for (const listener of listeners) listener.onSlept(workspaceId);
    },
    async failToSuspend(meanwhile) {
      const stays = sandbox;
      if (!stays) return;
      for (const listener of listeners)
        await listener.onSuspending(workspaceId, stays, new AbortController().signal);
      await meanwhile();
      for (const listener of listeners) await listener.onRunning(workspaceId, stays, []);
    },
    async suspendInVain() {
      if (!sandbox) return;
      for (const listener of listeners)
        await listener.onSuspending(workspaceId, sandbox, new AbortController().signal);
      [staying, sandbox] = [sandbox, null];
    },
    forget() {
      for (const listener of listeners) listener.onForgotten?.(workspaceId);
    },
    noteStopped() {
      sandbox = null;
      for (const listener of listeners) listener.onStopped(workspaceId);
    },
  };
  return runtime;
}
