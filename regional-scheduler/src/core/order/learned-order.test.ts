import { describe, expect, it } from 'vitest';
import { gittinsSeconds } from './gittins.ts';
import { LearnedOrder } from './learned-order.ts';
import { cellOf, cellSeconds, gridCells } from './service-grid.ts';

describe('the grid of running times', () => {
  it('puts each time into the cell that holds it, to the very edges', () => {
    let end = 0;
    for (let cell = 0; cell < gridCells - 1; cell++) {
      expect(cellOf(end)).toBe(cell);
      end += cellSeconds(cell);
      expect(cellOf(end - 1e-3)).toBe(cell);
    }
    expect(cellOf(1e12)).toBe(gridCells - 1);
  });
});

describe('the Gittins index', () => {
  it('is the expected rest where jobs end at any moment alike', () => {
    // A chance of ending of p in the next cell costs at least its length over p.
    const always = gittinsSeconds(3, () => 0.5);
    expect(always).toBeLessThanOrEqual((cellSeconds(3) * 0.75) / 0.5);
  });

  it('grows with the time run where most jobs are short', () => {
    const short = (cell: number) => (cell < 5 ? 0.6 : 0.02);
    expect(gittinsSeconds(0, short)).toBeLessThan(gittinsSeconds(6, short));
  });

  it('falls with the time run where all jobs are of one length: who is nearly done goes on', () => {
    const fixed = (cell: number) => (cell === 10 ? 0.95 : 0);
    expect(gittinsSeconds(9, fixed)).toBeLessThan(gittinsSeconds(2, fixed));
  });

  it('is infinite where nothing ever ends', () => {
    expect(gittinsSeconds(0, () => 0)).toBe(Number.POSITIVE_INFINITY);
  });
});

describe('the learned order', () => {
  const job = (id: number, gpus: number, attainedSeconds: number) => ({ id, gpus, attainedSeconds });

  it('knowing nothing lets the narrower and the less served go first', () => {
    const order = new LearnedOrder();
    const [fresh, served, wide] = [job(1, 1, 0), job(2, 1, 50_000), job(3, 8, 0)];
    const present = [fresh, served, wide];
    for (const one of present) order.submitted(one);
    const ranks = present.map((one) => order.rank(one, present));
    expect(ranks[0]).toBeLessThan(ranks[1]!);
    expect(ranks[0]).toBeLessThan(ranks[2]!);
  });

  it('takes a job for short when those submitted beside it were, and for long when they go on and on', () => {
    const order = new LearnedOrder();
    const short = Array.from({ length: 20 }, (_, id) => job(id, 4, 30));
    const long = Array.from({ length: 20 }, (_, id) => job(100 + id, 4, 80_000));
    const besideShort = job(50, 4, 20);
    const besideLong = job(150, 4, 20);
    for (const one of [...short, besideShort]) order.submitted(one);
    // Far away in the order of submission: what came between has nothing to do with either.
    const between = Array.from({ length: 60 }, (_, id) => job(1000 + id, 4, 700));
    for (const one of [...between, ...long, besideLong]) order.submitted(one);
    for (const one of [...short, ...between]) order.completed(one);
    const present = [...long, besideShort, besideLong];
    expect(order.rank(besideShort, present)).toBeLessThan(order.rank(besideLong, present) / 3);
  });
});
