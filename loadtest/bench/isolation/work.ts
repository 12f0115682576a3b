/** The work that is the same in every driver, in milliseconds: computing, calls of the system, small files. */
import { z } from 'zod';
import { percentile, round } from '../measure/statistics.ts';

export const workSchema = z.object({ computeMs: z.number(), systemCallsMs: z.number(), filesMs: z.number() });
export type Work = z.infer<typeof workSchema>;

/** 2,000,000 multiplications; 50,000 calls of stat; 500 files written, read and removed in the home directory. */
export const workCell = `
import json, os, pathlib, time
def took(work):
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1000
def compute():
    sum(n * n for n in range(2_000_000))
def system_calls():
    for _ in range(50_000):
        os.stat('/')
def files():
    for n in range(500):
        path = pathlib.Path.home() / f'work-{n}'
        path.write_bytes(b'x' * 1000)
        path.read_bytes()
        path.unlink()
print(json.dumps({'computeMs': took(compute), 'systemCallsMs': took(system_calls), 'filesMs': took(files)}))`;

export function medians(works: readonly Work[]): Work {
  const median = (name: keyof Work) =>
    round(
      percentile(
        works.map((work) => work[name]),
        0.5,
      ),
      1,
    );
  return {
    computeMs: median('computeMs'),
    systemCallsMs: median('systemCallsMs'),
    filesMs: median('filesMs'),
  };
}
