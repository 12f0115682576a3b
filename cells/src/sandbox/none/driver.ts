/**
 * Sandboxes that are not there: a start is a note in memory, a kernel cannot be started. It is what is left
 * of a cell when isolation costs nothing, so that the control plane can be measured alone; used only when
 * asked for by name, and says so loudly.
 */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { SandboxId } from '@cellbook/shared/ids.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { ObservedSandbox, Sandbox, SandboxDriver, SandboxExit, SandboxSpec } from '../driver.ts';
import type { SupervisorLink } from '../link/supervisor-link.ts';

export class NoSandboxes implements SandboxDriver {
  readonly kind = 'memory';
  readonly version = 'none (nothing runs)';
  readonly snapshots = null;
  readonly pool = null;
  readonly #live = new Map<
    SandboxId,
    { spec: SandboxSpec; end(exit: SandboxExit): void; exited: Promise<SandboxExit> }
  >();

  constructor(log: Pick<Logger, 'warn'>) {
    log.warn(
      { driver: 'none' },
      'SANDBOX DRIVER "none": nothing runs here. It is for measuring the cell alone.',
    );
  }

  async start(spec: SandboxSpec): Promise<Sandbox> {
    const { sandboxId, workspaceId, epoch } = spec;
    const ending = Promise.withResolvers<SandboxExit>();
    this.#live.set(sandboxId, { spec, end: ending.resolve, exited: ending.promise });
    return { id: sandboxId, workspaceId, epoch, link: noLink, exited: ending.promise };
  }

  async relabel(sandboxId: SandboxId, epoch: number): Promise<Sandbox | null> {
    const live = this.#live.get(sandboxId);
    if (!live) return null;
    live.spec = { ...live.spec, epoch };
    return { id: sandboxId, workspaceId: live.spec.workspaceId, epoch, link: noLink, exited: live.exited };
  }

  async list(): Promise<ObservedSandbox[]> {
    return [...this.#live.values()].map(({ spec: { sandboxId, workspaceId, epoch } }) => ({
      ...{ sandboxId, workspaceId, epoch },
      attached: true,
    }));
  }

  async destroy(sandboxId: SandboxId): Promise<void> {
    this.#live.get(sandboxId)?.end({ reason: 'stopped' });
    this.#live.delete(sandboxId);
  }
}

const refuse = async (): Promise<never> => {
  throw new CellbookError('not_implemented', {
    doing: 'talking to a sandbox',
    problem: 'this cell was started with the driver "none", in which nothing runs',
    next: 'Start it with CELLBOOK_SANDBOX_DRIVER=gvisor.',
  });
};

const hello = { protoMin: 1, protoMax: 1, build: 'none', lastSeq: 0, python: 'none', ipykernel: null };

export const noLink: SupervisorLink = {
  hello,
  inherited: null,
  takeOver: async () => ({ kernels: [], terminals: [] }),
  remember: () => {},
  on: () => () => {},
  listKernelspecs: async () => ({}),
  readKernelspecResource: refuse,
  setEnvironment: async () => {},
  startKernel: refuse,
  setAside: refuse,
  interruptKernel: refuse,
  restartKernel: refuse,
  shutdownKernel: refuse,
  sendKernelMessage: () => true,
  drained: async () => {},
  openTerminal: refuse,
  writeTerminal: () => true,
  resizeTerminal: () => {},
  closeTerminal: refuse,
  run: refuse,
  quiesce: async () => {},
  resume: async () => hello,
  holdOutput: () => () => {},
};
