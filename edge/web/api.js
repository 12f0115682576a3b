// The platform's API as this page uses it. A write carries one Idempotency-Key through its retries, so that a
// lost answer, or a second click, never does it twice.

const attempts = 3;
const deadlineMs = 30_000;

/**
 * @typedef {object} Workspace
 * @property {string} id
 * @property {string} name
 * @property {'running' | 'suspended' | 'deleted'} desired
 * @property {'suspended' | 'resuming' | 'running' | 'suspending' | 'failed' | 'deleting' | 'deleted'} phase
 * @property {number} generation
 * @property {string | null} problem
 * @property {string} createdAt
 * @property {string} lastActiveAt
 * @property {string | null} undoUntil
 *
 * @typedef {{position: number, of: number}} Place
 * @typedef {{id: string, name: string, hint: string, createdAt: string, expiresAt: string}} Token
 */

/** What went wrong, as a sentence, and what to do about it. */
export class Problem extends Error {
  /** @param {string} problem @param {string} next @param {number} status @param {string} [code] */
  constructor(problem, next, status, code) {
    super(`${sentence(problem)} ${next}`);
    this.status = status;
    this.code = code;
  }
}

/** @param {string} text */
function sentence(text) {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<any>} The parsed answer, or null where there is none.
 */
export async function call(method, path, body) {
  /** @type {Record<string, string>} */
  const headers = method === 'GET' ? {} : { 'idempotency-key': crypto.randomUUID() };
  if (body) headers['content-type'] = 'application/json';
  for (let attempt = 1; ; attempt++) {
    /** @type {Response} */
    let answer;
    try {
      const signal = AbortSignal.timeout(deadlineMs);
      answer = await fetch(path, { method, headers, signal, ...(body && { body: JSON.stringify(body) }) });
    } catch {
      if (attempt < attempts) {
        await pause(attempt * 500);
        continue;
      }
      throw new Problem('the platform cannot be reached', 'Check your connection and try again.', 0);
    }
    if (answer.ok) return answer.status === 204 ? null : answer.json();
    if (answer.status === 401) location.assign('/signin');
    const retryAfter = Number(answer.headers.get('retry-after') ?? '0');
    if (answer.status === 503 && attempt < attempts && retryAfter <= 5) {
      await pause(Math.max(1, retryAfter) * 1_000);
      continue;
    }
    throw await problemOf(answer);
  }
}

/** @param {number} ms */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** @param {Response} answer */
async function problemOf(answer) {
  const text = await answer.text();
  try {
    const { code, reason, message, next } = JSON.parse(text);
    return new Problem(reason ?? message, next ?? 'Try again.', answer.status, code);
  } catch {
    return new Problem(`the platform answered ${answer.status}`, 'Try again in a moment.', answer.status);
  }
}

/** Every workspace, deleted ones that can come back too. @returns {Promise<Workspace[]>} */
export async function listWorkspaces() {
  /** @type {Workspace[]} */
  const all = [];
  let cursor = '';
  do {
    const query = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
    const page = await call('GET', `/v1/workspaces?limit=100&includeDeleted=true${query}`);
    all.push(...page.workspaces);
    cursor = page.nextCursor ?? '';
  } while (cursor);
  return all;
}
