import { describe, expect, it, vi } from 'vitest';
import { createFailpoint, parseFailpoints } from './failpoint.ts';

const settled = async (work: Promise<void>): Promise<'went on' | 'stands still' | 'failed'> => {
  const outcomes = [
    work.then(
      () => 'went on' as const,
      () => 'failed' as const,
    ),
  ];
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  return Promise.race([...outcomes, Promise.resolve('stands still' as const)]);
};

function createWith(rules: string) {
  const die = vi.fn();
  let text = rules;
  const hit = createFailpoint({ read: () => text, die });
  const arm = (other: string) => {
    text = other;
  };
  return { die, hit, arm };
}

describe('failpoints', () => {
  it('let everything pass where none is armed', async () => {
    const { hit, die } = createWith('');
    expect(await settled(hit('a.b', 'ws-1'))).toBe('went on');
    expect(die).not.toHaveBeenCalled();
  });

  it('kill at the n-th hit of the subject and at no other', async () => {
    const { hit, die } = createWith('a.b@2#ws-1');
    expect(await settled(hit('a.b', 'ws-2'))).toBe('went on');
    expect(await settled(hit('a.b', 'ws-1'))).toBe('went on');
    expect(await settled(hit('a.c', 'ws-1'))).toBe('went on');
    expect(die).not.toHaveBeenCalled();
    expect(await settled(hit('a.b', 'ws-1'))).toBe('stands still');
    expect(die).toHaveBeenCalledOnce();
  });

  it('hold each one at its point until the last one has come to its own', async () => {
    const { hit, die } = createWith('a.b#ws-1;a.c#ws-2');
    expect(await settled(hit('a.b', 'ws-1'))).toBe('stands still');
    expect(die).not.toHaveBeenCalled();
    expect(await settled(hit('a.c', 'ws-2'))).toBe('stands still');
    expect(die).toHaveBeenCalledOnce();
  });

  it('throw with the code that was asked for, and can be changed while the program runs', async () => {
    const { hit, arm } = createWith('a.b=error:stale_epoch');
    await expect(hit('a.b', 'ws-1')).rejects.toMatchObject({ code: 'stale_epoch', ids: { subject: 'ws-1' } });
    expect(await settled(hit('a.b', 'ws-1'))).toBe('went on');
    arm('a.b=hang');
    expect(await settled(hit('a.b', 'ws-1'))).toBe('stands still');
  });

  it('count every hit, also one at which another rule takes effect', async () => {
    const { hit } = createWith('a.b@1=error;a.b@2=error');
    await expect(hit('a.b', 'ws-1')).rejects.toMatchObject({ code: 'internal' });
    await expect(hit('a.b', 'ws-1')).rejects.toMatchObject({ code: 'internal' });
    expect(await settled(hit('a.b', 'ws-1'))).toBe('went on');
  });

  it('refuse a rule that is none, instead of never firing', () => {
    for (const text of ['a b', 'a@x', 'a=explode', 'a=error:no_such_code'])
      expect(() => parseFailpoints(text)).toThrow(expect.objectContaining({ code: 'bad_request' }));
  });
});
