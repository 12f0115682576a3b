import { newSandboxId, newWorkspaceId } from '@cellbook/shared/ids.ts';
import { seededRandom } from '@cellbook/shared/random.ts';
import { describe, expect, it } from 'vitest';
import { testLimits } from '../testing/limits.ts';
import { MemoryKills } from './memory-kills.ts';

const random = seededRandom(1);
const spec = {
  sandboxId: newSandboxId(random),
  workspaceId: newWorkspaceId(random),
  epoch: 1,
  homeDirectory: '/',
  limits: testLimits,
  environment: {},
};
const killed = { reason: 'exited', exitCode: null, signal: 9 } as const;

describe("the host's memory kills", () => {
  it('explain one unexplained SIGKILL each', () => {
    let kills = 0;
    const memory = new MemoryKills(spec, () => kills);
    expect(memory.explain(killed)).toEqual(killed);
    kills = 1;
    expect(memory.explain(killed)).toMatchObject({
      reason: 'out_of_memory',
      memoryBytesMax: testLimits.memoryBytesMax,
    });
    expect(memory.explain(killed)).toEqual(killed);
    expect(memory.hasAnother()).toBe(false);
  });

  it('explain no other end', () => {
    const memory = new MemoryKills(spec, () => 1);
    const exited = { reason: 'exited', exitCode: 1, signal: null } as const;
    expect(memory.explain(exited)).toEqual(exited);
    expect(memory.explain({ reason: 'shutdown' })).toEqual({ reason: 'shutdown' });
    expect(memory.hasAnother()).toBe(true);
  });
});
