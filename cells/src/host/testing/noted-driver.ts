/** For tests of a host's places: a driver whose sandboxes are notes in memory, with gates to hold it at. */
import type { SandboxId } from '@cellbook/shared/ids.ts';
import {
  type MemberSpec,
  nobody,
  type Sandbox,
  type SandboxDriver,
  type SandboxExit,
  type SandboxSpec,
} from '../../sandbox/driver.ts';
import type { SupervisorLink } from '../../sandbox/link/supervisor-link.ts';

export const notedGolden = {
  generation: 'one',
  directory: '/nowhere',
  limits: { memoryBytesMax: 1, cpuMillisMax: 1, pidsMax: 1, diskBytesMax: 1 },
};

export const notedGoldens = { own: notedGolden.generation, all: [notedGolden] };

export interface Noted extends Sandbox {
  end(exit: SandboxExit): void;
}

/** Each gate holds what comes to it until its promise settles. */
export class NotedDriver implements SandboxDriver<Noted> {
  readonly kind = 'memory';
  readonly version = 'noted';
  readonly there = new Map<SandboxId, Noted>();
  most = 0;
  restored = 0;
  starting: Promise<void> = Promise.resolve();
  ending: Promise<void> = Promise.resolve();
  restoring: Promise<void> = Promise.resolve();
  claiming: Promise<void> = Promise.resolve();
  readonly #link: SupervisorLink;

  constructor(link: SupervisorLink) {
    this.#link = link;
  }

  readonly pool = {
    startMember: (member: MemberSpec) => this.#note(unclaimed(member)),
    restoreMember: async (member: MemberSpec) => {
      this.restored++;
      const sandbox = this.#note(unclaimed(member));
      await this.restoring;
      return sandbox;
    },
    claim: async ({ sandboxId, workspaceId, epoch }: SandboxSpec) => {
      await this.claiming.catch(async (error: unknown) => {
        await this.destroy(sandboxId);
        throw error;
      });
      const member = this.there.get(sandboxId);
      if (member?.workspaceId !== nobody) throw new Error('somebody has it');
      const claimed = { ...member, workspaceId, epoch };
      this.there.set(sandboxId, claimed);
      return claimed;
    },
  };

  async start(spec: SandboxSpec): Promise<Noted> {
    await this.starting;
    return this.#note(spec);
  }

  async relabel() {
    return null;
  }

  async list() {
    return [...this.there].map(([sandboxId, { workspaceId, epoch }]) => ({
      ...{ sandboxId, workspaceId, epoch, attached: true },
    }));
  }

  async destroy(sandboxId: SandboxId): Promise<void> {
    await this.ending;
    this.there.get(sandboxId)?.end({ reason: 'stopped' });
    this.there.delete(sandboxId);
  }

  async #note({ sandboxId: id, workspaceId, epoch }: SandboxSpec): Promise<Noted> {
    const { promise: exited, resolve } = Promise.withResolvers<SandboxExit>();
    const end = (exit: SandboxExit) => {
      this.there.delete(id);
      resolve(exit);
    };
    const sandbox = { id, workspaceId, epoch, exited, end, link: this.#link };
    this.there.set(id, sandbox);
    this.most = Math.max(this.most, this.there.size);
    return sandbox;
  }
}

const unclaimed = (member: MemberSpec): SandboxSpec => ({
  ...{ ...member, workspaceId: nobody, epoch: 0, homeDirectory: '' },
});
