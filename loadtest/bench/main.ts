/** `npm run bench -- NAME …`: each benchmark is a program of its own that prints its result as its last line. */
const benchmarks: Record<string, () => Promise<unknown>> = {
  density: () => import('./density/main.ts'),
  gateway: () => import('./gateway.ts'),
  isolation: () => import('./isolation/main.ts'),
  lazy: () => import('./lazy/main.ts'),
  lifecycle: () => import('./lifecycle/main.ts'),
  resume: () => import('./resume/main.ts'),
  'resume-load': () => import('./resume-load/main.ts'),
  scheduler: () => import('./scheduler/main.ts'),
  submissions: () => import('./submissions/main.ts'),
  'trade-off': () => import('./trade-off/main.ts'),
  forecast: () => import('./forecast/main.ts'),
};

const [name = ''] = process.argv.slice(2);
const benchmark = benchmarks[name];
if (benchmark) await benchmark();
else {
  console.error(`npm run bench -- ${Object.keys(benchmarks).join(' | ')} [--json] [--quick]`);
  process.exitCode = 2;
}
