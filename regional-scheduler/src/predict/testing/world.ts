/** Made-up jobs whose times follow a rule that a test may change in the middle. */
import type { OrgId } from '@cellbook/shared/ids.ts';
import { type Random, seededRandom } from '@cellbook/shared/random.ts';
import type { EndedRun } from '../trained.ts';

export type Rule = (values: { steps: number; width: number; format: string }) => number;

/** `spread`: of the logarithm of the time, round what the rule says. */
export function makeRuns(
  seed: number,
  count: number,
  rule: Rule,
  { spread = 0.2, version = '1', fromMs = 0, everyMs = 1000 } = {},
): EndedRun[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, (_, at) => {
    const values = {
      steps: [20, 30, 50][random.int(3)]!,
      width: [512, 1024][random.int(2)]!,
      format: ['mp4', 'webm'][random.int(2)]!,
    };
    const features = [
      'binary:renderer',
      'kind:video',
      ...['steps', 'width', 'format'].map((name) => `${name}:${values[name as keyof typeof values]}`),
      `seed:${random.int(1e6)}`,
      `word:w${random.int(500)}`,
    ];
    const orgId = `org-${random.int(5)}` as OrgId;
    return {
      subject: { orgId, kind: 'video', binary: 'renderer', gpus: 1, features },
      version,
      seconds: rule(values) * Math.exp(spread * gauss(random)),
      isCut: false,
      served: null,
      atMs: fromMs + at * everyMs,
    };
  });
}

function gauss(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.float())) * Math.cos(2 * Math.PI * random.float());
}
