/** Requests for tests of admission, as a client would send them. */
import { newJobId, newOrgId, newUserId, regionIdSchema } from '@cellbook/shared/ids.ts';
import { type SubmitJob, submitJobSchema } from '@cellbook/shared/protocol/job-request.ts';
import { jobQuotasOf } from '@cellbook/shared/protocol/quota.ts';
import { type Random, seededRandom } from '@cellbook/shared/random.ts';
import type { z } from 'zod';
import type { Asker, Candidate } from '../admission/asked.ts';
import { candidateOf } from '../admission/candidate-of.ts';
import type { Applicant } from '../admission/decide-admission.ts';

export const noonMs = Date.parse('2026-11-22T12:00:00Z');
export const predicted = { p50Ms: 60_000, p95Ms: 120_000, seen: 9, model: 'test' };

export const videoOf = (
  prompt = 'a fox in the snow',
  rest: Partial<z.input<typeof submitJobSchema>> = {},
): SubmitJob =>
  submitJobSchema.parse({ task: { kind: 'video', prompt, parameters: { seed: 7, steps: 20 } }, ...rest });

export function askerOf(random: Random, given: Partial<Asker> = {}): Asker {
  return {
    orgId: newOrgId(random),
    userId: newUserId(random),
    tier: 'paid',
    regions: null,
    with: 'key-1',
    from: '',
    ...given,
  };
}

let keys = 0;

export function candidate(
  asker: Asker,
  { job = videoOf(), key = `key-${++keys}`, nowMs = noonMs, random = seededRandom(++keys) } = {},
): Candidate {
  const asked = { asker, job, idempotencyKey: key };
  return candidateOf(asked, {
    jobId: newJobId(random),
    regionId: regionIdSchema.parse('eu'),
    nowMs,
    predict: () => predicted,
    quotas: jobQuotasOf(asker.tier, undefined),
    durability: 'durable',
  });
}

export const applicant = (
  asker: Asker,
  given: Parameters<typeof candidate>[1] & { quotas?: Applicant['quotas'] } = {},
): Applicant => ({
  candidate: candidate(asker, given),
  quotas: given.quotas ?? jobQuotasOf(asker.tier, undefined),
});
