/**
 * k6: everybody at once. People of all tiers, a third each, whose workspaces are suspended or were never started,
 * come back in the same moment, each once: the resume call, a kernel, a cell. Whoever is told to wait (503 with
 * Retry-After: no place is free, or his turn has not come within the minute that a call is held) asks again, as
 * JupyterLab does; then he leaves, and his place is somebody's who waits. Nobody may fail, and of the times until
 * the cell's result those of a higher tier may not be longer than those of a lower one, at the median and at the
 * 95th of a hundred. Run by `npm run bench -- resume-load --storm`, which makes the people (`SUBJECTS`, a JSON file)
 * and says for how long at most they wait (`SECONDS`).
 */
import { check, sleep } from 'k6';
import exec from 'k6/execution';
import http from 'k6/http';
import { Counter, Rate, Trend } from 'k6/metrics';
import { runCell } from './k6/notebook.js';
import { brokenThresholds, spreads } from './k6/summary.js';

const { origin, subjects } = JSON.parse(open(__ENV.SUBJECTS));
const secondsMax = Number(__ENV.SECONDS);
/** The lowest first. */
const tiers = ['free', 'paid', 'enterprise'];

const servedMs = new Trend('served_ms', true);
const failures = new Rate('served_failures');
const toldToWait = new Counter('told_to_wait');

const ofTier = (metric, threshold) => tiers.map((tier) => [`${metric}{tier:${tier}}`, [threshold]]);

export const options = {
  scenarios: {
    storm: {
      executor: 'per-vu-iterations',
      vus: subjects.length,
      iterations: 1,
      maxDuration: `${secondsMax + 60}s`,
    },
  },
  thresholds: {
    served_failures: ['rate==0'],
    // Named, so that the summary has them apart.
    ...Object.fromEntries(ofTier('served_ms', 'p(95)>=0')),
    ...Object.fromEntries(ofTier('told_to_wait', 'count>=0')),
  },
  summaryTrendStats: ['p(50)', 'p(95)', 'p(99)', 'count'],
};

export default async function () {
  const { tier, token, workspaceId } = subjects[exec.vu.idInTest - 1];
  const headers = { authorization: `token ${token}`, 'content-type': 'application/json' };
  const untilMs = Date.now() + secondsMax * 1_000;
  const api = `${origin}/v1/workspaces/${workspaceId}`;
  const jupyter = `${origin}/w/${workspaceId}/api`;
  const ask = (url, body) => askUntilServed({ url, body, headers, tier, untilMs });

  const startedMs = Date.now();
  const resumed = ask(`${api}/resume`, null);
  const kernel = resumed.status === 200 ? ask(`${jupyter}/kernels`, { name: 'python3' }) : resumed;
  const channels = () => `${jupyter.replace('http', 'ws')}/kernels/${kernel.json('id')}/channels`;
  const printed =
    kernel.status === 201 ? await runCell(channels(), headers, 'print(6 * 7)', workspaceId) : null;
  const failed = printed !== '42\n';
  failures.add(failed, { tier });
  if (failed) console.error(`${tier}: not served: ${kernel.status} ${printed ?? kernel.body}`);
  else servedMs.add(Date.now() - startedMs, { tier });
  check(ask(`${api}/suspend`, null), { 'a suspend is taken': ({ status }) => status === 200 });
}

/** A call is tried again for as long as it is told to wait and there is time. */
function askUntilServed({ url, body, headers, tier, untilMs }) {
  for (let attempt = 0; ; attempt++) {
    const own = { 'idempotency-key': `${exec.vu.idInTest}-${attempt}-${Date.now()}` };
    const payload = body === null ? null : JSON.stringify(body);
    const answer = http.post(url, payload, { headers: { ...headers, ...own }, timeout: '90s' });
    if (answer.status !== 503 || Date.now() > untilMs) return answer;
    toldToWait.add(1, { tier });
    sleep(Number(answer.headers['Retry-After']) || 1);
  }
}

export function handleSummary({ metrics }) {
  const served = spreads(metrics, 'served_ms', 'tier', tiers);
  const waits = Object.fromEntries(
    tiers.map((tier) => [tier, metrics[`told_to_wait{tier:${tier}}`]?.values.count ?? 0]),
  );
  const outOfOrder = ['p50Ms', 'p95Ms'].flatMap((at) => whereOutOfOrder(served, at));
  const result = { served, toldToWait: waits, failed: [...brokenThresholds(metrics), ...outOfOrder] };
  return { stdout: `${JSON.stringify(result)}\n` };
}

/** Each tier waits no longer than the one below it. */
const whereOutOfOrder = (served, at) =>
  tiers.slice(1).flatMap((tier, index) => {
    const [higher, lower] = [served[tier]?.[at], served[tiers[index]]?.[at]];
    return higher > lower
      ? [`${tier} waits longer than ${tiers[index]} (${at}: ${higher} and ${lower})`]
      : [];
  });
