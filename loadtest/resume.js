/**
 * k6: people of all tiers who come back to suspended workspaces. One round: the resume call, then a cell on the
 * notebook's socket, which is opened anew; measured from the call to what the cell printed, by rung and tier. Then
 * the workspace is suspended again, and its place is the next one's: with more people than places some come back
 * from their images. Run by `npm run bench -- resume-load`, which makes the people, their workspaces and kernels
 * (`SUBJECTS`, a JSON file) and says how many come at once (`AT_ONCE`), for how long (`SECONDS`) and by how much
 * slower than the targets a resume may be (`SLACK`).
 */
import { check, sleep } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import { Rate, Trend } from 'k6/metrics';
import { runCell } from './k6/notebook.js';
import { brokenThresholds, spreads } from './k6/summary.js';

const { origin, subjects } = JSON.parse(open(__ENV.SUBJECTS));
const slack = Number(__ENV.SLACK || 1);
const atOnce = Number(__ENV.AT_ONCE || 1);
/** Milliseconds, at the 95th of a hundred. */
const targets = { live: 150, memory: 500, 'memory-remote': 2000, files: 250, cold: 3000 };
const rungs = Object.keys(targets);
const tiers = ['free', 'paid', 'enterprise'];

const resumeMs = new Trend('resume_ms', true);
const failures = new Rate('resume_failures');

export const options = {
  scenarios: {
    resumes: {
      executor: 'constant-vus',
      vus: atOnce,
      duration: `${__ENV.SECONDS || 30}s`,
      gracefulStop: '60s',
    },
  },
  thresholds: {
    resume_failures: ['rate<0.001'],
    checks: ['rate==1'],
    ...Object.fromEntries(
      rungs.map((rung) => [`resume_ms{rung:${rung}}`, [`p(95)<${targets[rung] * slack}`]]),
    ),
    // Named, so that the summary has them apart.
    ...Object.fromEntries(tiers.map((tier) => [`resume_ms{tier:${tier}}`, ['p(95)>=0']])),
    ...Object.fromEntries(tiers.map((tier) => [`resume_failures{tier:${tier}}`, ['rate<0.001']])),
  },
  summaryTrendStats: ['p(50)', 'p(95)', 'p(99)', 'count'],
};

export default async function () {
  const { tier, token, workspaceId, kernelId } = subjectOf(exec.vu.idInTest - 1, exec.vu.iterationInScenario);
  const headers = { authorization: `token ${token}` };
  const api = `${origin}/v1/workspaces/${workspaceId}`;
  const round = `${exec.vu.idInTest}-${exec.vu.iterationInScenario}`;
  const call = (name, method, path) =>
    http.request(method, `${api}${path}`, null, {
      headers: { ...headers, 'idempotency-key': `${name}-${round}-${Date.now()}` },
      tags: { name },
    });

  const url = `${origin.replace('http', 'ws')}/w/${workspaceId}/api/kernels/${kernelId}/channels`;
  const startedMs = Date.now();
  const resumed = call('resume', 'POST', '/resume');
  const printed = resumed.status === 200 ? await runCell(url, headers, 'print(6 * 7)', round) : null;
  const tookMs = Date.now() - startedMs;
  const failed = printed !== '42\n';
  failures.add(failed, { tier });
  if (failed) console.error(`a resume failed: ${resumed.status} ${printed ?? resumed.body}`);
  if (!failed) {
    const rung = call('look', 'GET', '').json('lastRung');
    resumeMs.add(tookMs, { rung, tier });
  }
  const suspended = call('suspend', 'POST', '/suspend');
  check(suspended, { 'a suspend is taken': ({ status }) => status === 200 });
  const isSuspended = until(() => call('look', 'GET', '').json('phase') === 'suspended');
  check(isSuspended, { 'it is suspended in time': (isSo) => isSo });
}

/** Each of those who come at once has people of his own, whom he is in turn. */
function subjectOf(vu, round) {
  const own = subjects.filter((_, index) => index % atOnce === vu % atOnce);
  return own[round % own.length];
}

/** Looks again every 100 ms, for a minute. */
function until(isSo) {
  for (let look = 0; look < 600; look++) {
    if (isSo()) return true;
    sleep(0.1);
  }
  return false;
}

export function handleSummary({ metrics }) {
  const rungsOf = spreads(metrics, 'resume_ms', 'rung', rungs);
  const tiersOf = spreads(metrics, 'resume_ms', 'tier', tiers);
  return {
    stdout: `${JSON.stringify({ rungs: rungsOf, tiers: tiersOf, failed: brokenThresholds(metrics) })}\n`,
  };
}
