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
import { WebSocket } from 'k6/websockets';

const { origin, subjects } = JSON.parse(open(__ENV.SUBJECTS));
const slack = Number(__ENV.SLACK || 1);
const atOnce = Number(__ENV.AT_ONCE || 1);
/** Milliseconds, at the 95th of a hundred. */
const targets = { live: 150, memory: 500, 'memory-remote': 2000, files: 250, cold: 3000 };
const rungs = Object.keys(targets);
const tiers = ['free', 'paid', 'enterprise'];
const resultDeadlineMs = 60_000;

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
  const printed = resumed.status === 200 ? await runCell(url, headers, 'print(6 * 7)') : null;
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

/** What the cell printed; null where the kernel did not answer in time. */
function runCell(url, headers, code) {
  return new Promise((resolve) => {
    const session = `${exec.vu.idInTest}-${exec.vu.iterationInScenario}`;
    const socket = new WebSocket(`${url}?session_id=${session}`, null, { headers });
    const end = (printed) => {
      clearTimeout(timer);
      socket.close();
      resolve(printed);
    };
    const timer = setTimeout(() => end(null), resultDeadlineMs);
    const messageId = `${session}-${Date.now()}`;
    socket.onopen = () => socket.send(JSON.stringify(executeRequest(session, messageId, code)));
    socket.onerror = () => end(null);
    socket.onmessage = ({ data }) => {
      const { parent_header: parent, msg_type: type, content } = JSON.parse(data);
      if (parent.msg_id !== messageId) return;
      if (type === 'stream') end(content.text);
      if (type === 'error') end(content.evalue);
    };
  });
}

function executeRequest(session, messageId, code) {
  const header = { msg_id: messageId, msg_type: 'execute_request', session, username: '', version: '5.3' };
  const content = { code, silent: false, store_history: true, allow_stdin: false, stop_on_error: true };
  return { channel: 'shell', header, parent_header: {}, metadata: {}, content };
}

export function handleSummary({ metrics }) {
  const failed = Object.entries(metrics).flatMap(([name, { thresholds = {} }]) =>
    Object.entries(thresholds)
      .filter(([, { ok }]) => !ok)
      .map(([threshold]) => `${name}: ${threshold}`),
  );
  return {
    stdout: `${JSON.stringify({ rungs: spreads(metrics, 'rung', rungs), tiers: spreads(metrics, 'tier', tiers), failed })}\n`,
  };
}

function spreads(metrics, tag, values) {
  const entries = values.flatMap((value) => {
    const of = metrics[`resume_ms{${tag}:${value}}`]?.values;
    return of?.count > 0
      ? [[value, { p50Ms: of['p(50)'], p95Ms: of['p(95)'], p99Ms: of['p(99)'], n: of.count }]]
      : [];
  });
  return Object.fromEntries(entries);
}
