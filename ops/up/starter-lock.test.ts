import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { askStarter, type StarterStatus, takeStarterLock } from './starter-lock.ts';

const running: StarterStatus = { pid: 42, state: 'running', url: 'http://localhost:8787', versions: {} };
let homes = 0;
const newHome = () => `/nonexistent/lock-test-${process.pid}-${homes++}`;

describe('the starter lock', () => {
  it('is given to one of many who ask at once, and the others learn who has it', async () => {
    const home = newHome();
    const results = await Promise.all(Array.from({ length: 10 }, () => takeStarterLock(home, () => running)));
    const winners = results.filter((result) => result.taken);
    expect(winners).toHaveLength(1);
    for (const result of results) if (!result.taken) expect(result.holder).toEqual(running);
    await winners[0]?.release();
  });

  it('can be taken again after it was given back', async () => {
    const home = newHome();
    const first = await takeStarterLock(home, () => running);
    if (first.taken) await first.release();
    const second = await takeStarterLock(home, () => running);
    expect(second.taken).toBe(true);
    if (second.taken) await second.release();
  });

  it('ends with a holder that is killed', async () => {
    const home = newHome();
    const script = `
      const { takeStarterLock } = await import(${JSON.stringify(new URL('./starter-lock.ts', import.meta.url).href)});
      await takeStarterLock(${JSON.stringify(home)}, () => (${JSON.stringify(running)}));
      setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: 'ignore' });
    await vi.waitFor(async () => expect(await askStarter(home)).toEqual(running), { timeout: 10_000 });
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const next = await takeStarterLock(home, () => running);
    expect(next.taken).toBe(true);
    if (next.taken) await next.release();
  });

  it('is not held by anyone when nobody answers', async () => {
    expect(await askStarter(newHome())).toBeNull();
  });
});
