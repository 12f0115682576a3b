/**
 * What isolation costs: the same work in sandboxes of each driver, one after the other in turns, so that drift of the
 * machine falls on both alike. Measured are a start (from `start` to the supervisor's HELLO) and, by the kernel's own
 * clock, 2,000,000 multiplications, 50,000 calls of `stat`, and 500 files of 1,000 bytes written, read and removed.
 *
 *     node cells/src/sandbox/testing/isolation-cost.ts [STARTS]
 *
 * prints every figure as one line of JSON, in milliseconds. `npm run bench -- isolation` runs it.
 */
import { systemClock } from '@cellbook/shared/clock.ts';
import { z } from 'zod';
import { Harness, startKernel } from './harness.ts';

const kinds = ['process', 'gvisor'] as const;

const work = `
import json, os, time
def timed(run):
    begun = time.perf_counter(); run(); return (time.perf_counter() - begun) * 1000
def multiply():
    product = 1
    for i in range(2_000_000): product = product * 3 % 1_000_003
def stat():
    for _ in range(50_000): os.stat("/tmp")
def files():
    for i in range(500):
        with open(f"f{i}", "wb") as file: file.write(b"x" * 1000)
        with open(f"f{i}", "rb") as file: file.read()
        os.remove(f"f{i}")
print(json.dumps({"multiplyMs": timed(multiply), "statMs": timed(stat), "filesMs": timed(files)}))`;

const workedSchema = z.object({ multiplyMs: z.number(), statMs: z.number(), filesMs: z.number() });
type Sample = z.infer<typeof workedSchema> & { kind: (typeof kinds)[number]; startMs: number };

const starts = z.coerce
  .number()
  .int()
  .min(1)
  .max(1_000)
  .parse(process.argv[2] ?? 5);

async function measure(harness: Harness): Promise<Sample> {
  const spec = await harness.spec();
  const begunMs = systemClock.monotonicMs();
  const sandbox = await harness.driver.start(spec, AbortSignal.timeout(60_000));
  const startMs = systemClock.monotonicMs() - begunMs;
  const { client } = await startKernel(sandbox.link);
  const worked = workedSchema.parse(JSON.parse((await client.run(work)).text));
  await harness.driver.destroy(sandbox.id);
  return { kind: harness.kind, startMs, ...worked };
}

const harnesses = await Promise.all(kinds.map((kind) => Harness.create(kind)));
const samples: Sample[] = [];
try {
  for (let start = 0; start < starts; start++)
    for (const harness of harnesses) samples.push(await measure(harness));
} finally {
  for (const harness of harnesses) await harness.close();
}
console.log(JSON.stringify(samples));
