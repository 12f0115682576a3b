/**
 * Named places in a program where a test can make it die, fail or stand still. In production there is none:
 * the seam is an optional argument that is absent, and what costs more than a call (wrapping a store) is then
 * not even put together. A text names what shall happen, rules separated by `;`:
 *
 *     <point>[@<n>][#<subject>][=kill | error[:<code>] | hang]
 *
 * `@n` waits for the n-th time the point is hit (the first unless told), `#subject` counts only hits of that
 * subject (a workspace's id). `kill` (the default) ends the process by SIGKILL. Where several kill rules are
 * given, whoever hits his stands still there, and the process dies when the last one has been hit: so one
 * death can find many workspaces each at exactly its own point. `error` throws, `hang` never comes back.
 */
import { CellbookError, type ErrorCode, httpStatusByCode } from './errors.ts';

/** Hit a point. Resolves at once unless a rule says otherwise. */
export type Failpoint = (point: string, subject: string) => Promise<void>;

export type FailpointEffect = { type: 'kill' } | { type: 'error'; code: ErrorCode } | { type: 'hang' };

export interface FailpointRule {
  /** The rule as it was written: what tells it from others, and what its hits are counted by. */
  text: string;
  point: string;
  hit: number;
  subject: string | null;
  effect: FailpointEffect;
}

export interface FailpointTools {
  /** The rules now; read at every hit, so that they can change while the program runs. */
  read(): string;
  /** Ends this process at once, with nothing put away. */
  die(): void;
  /** Told of every rule that takes effect, before it does. */
  struck?(rule: FailpointRule): void;
}

const rulePattern = /^([\w.-]+)(?:@(\d+))?(?:#([\w-]+))?(?:=(kill|hang|error)(?::(\w+))?)?$/;

export function parseFailpoints(text: string): FailpointRule[] {
  const rules = text.split(/[;\n]/).map((rule) => rule.trim());
  return rules.filter((rule) => rule !== '').map(parseRule);
}

function parseRule(text: string): FailpointRule {
  const match = rulePattern.exec(text);
  if (!match) throw malformed(text);
  const [, point = '', hit = '1', subject, effect = 'kill', code = 'internal'] = match;
  const rule = { text, point, hit: Number(hit), subject: subject ?? null };
  if (effect === 'error') {
    if (!isErrorCode(code)) throw malformed(text);
    return { ...rule, effect: { type: 'error', code } };
  }
  return { ...rule, effect: { type: effect === 'hang' ? 'hang' : 'kill' } };
}

export function createFailpoint({ read, die, struck: tell }: FailpointTools): Failpoint {
  const hits = new Map<string, number>();
  const struck = new Set<string>();
  const count = ({ text }: FailpointRule): number => {
    const counted = (hits.get(text) ?? 0) + 1;
    hits.set(text, counted);
    return counted;
  };
  return async (point, subject) => {
    const rules = parseFailpoints(read());
    // Each counts every hit, also those at which another one takes effect.
    const due = rules.filter((rule) => isAbout(rule, point, subject) && count(rule) === rule.hit);
    for (const rule of due) {
      tell?.(rule);
      if (rule.effect.type === 'error') throw injected(rule.effect.code, point, subject);
      if (rule.effect.type === 'kill') {
        struck.add(rule.text);
        const lethal = rules.filter(({ effect }) => effect.type === 'kill');
        if (lethal.every(({ text }) => struck.has(text))) die();
      }
      await forever();
    }
  };
}

const isAbout = (rule: FailpointRule, point: string, subject: string): boolean =>
  rule.point === point && (rule.subject === null || rule.subject === subject);

const forever = (): Promise<never> => new Promise(() => {});

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(httpStatusByCode, code);

const injected = (code: ErrorCode, point: string, subject: string): CellbookError =>
  new CellbookError(code, {
    doing: `passing the failpoint ${point}`,
    problem: 'it was told to fail here',
    ids: { subject },
  });

const malformed = (text: string): CellbookError =>
  new CellbookError('bad_request', {
    doing: 'reading the failpoints',
    problem: `"${text}" is no rule`,
    next: 'Write <point>[@<n>][#<subject>][=kill | error[:<code>] | hang], several separated by ";".',
  });
