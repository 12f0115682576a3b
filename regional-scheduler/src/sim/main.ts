/** `npm run sim:gpu -- EXPERIMENT …`: published experiments on real traces, run by the scheduler's own code. */
import { CellbookError } from '@cellbook/shared/errors.ts';

const experiments: Record<string, () => Promise<{ main(args: string[]): void | Promise<void> }>> = {
  openb: () => import('./openb/main.ts'),
  muri: () => import('./muri/main.ts'),
  predict: () => import('./predict/main.ts'),
  diagnose: () => import('./diagnose/main.ts'),
  served: () => import('../served/main.ts'),
  philly: () => import('./philly/main.ts'),
  tiers: () => import('./tiers/main.ts'),
};

const [name = '', ...args] = process.argv.slice(2);
try {
  const experiment = experiments[name];
  if (!experiment)
    throw new CellbookError('bad_request', {
      doing: 'looking for the experiment',
      problem: name === '' ? 'none was named' : `there is no experiment ${name}`,
      next: `npm run sim:gpu -- ${Object.keys(experiments).join(' | ')} …`,
    });
  await (await experiment()).main(args);
} catch (thrown) {
  if (!(thrown instanceof CellbookError)) throw thrown;
  console.error([thrown.message, thrown.next].join('\n'));
  process.exitCode = 2;
}
