/**
 * Whose rights a program has, and whether it reaches the network: found by trying. Programs of one host may be of
 * different organisations, so each attempt has a user and group id of its own, and its folder is that id's alone.
 *
 *     first ── + lowest device of the attempt ── + 64, while an attempt of before still has processes or files here ──▶ id
 *
 * No two attempts have a device at the same time, but one may still bring its result away while the next has begun.
 */
import { spawnSync } from 'node:child_process';
import { limits } from '@cellbook/shared/limits.ts';

export interface Confinement {
  /** Whose rights it has; null: the agent's. */
  uid: number | null;
  /** Whether it is cut off from the network. */
  offline: boolean;
}

export interface HostConfinement {
  /** `each`: the first of the ids of attempts; `all`: one id for all of them; null: the agent's rights. */
  uids: { each: number } | { all: number } | null;
  offline: boolean;
  /** In words, what of it cannot be had here. */
  lacks: string[];
}

/** As many as a host's devices can be numbered. */
const devicesMax = 64;

/** `taken`: ids of attempts that something is left of. */
export function confinementOf(
  { uids, offline }: HostConfinement,
  devices: readonly number[],
  taken: ReadonlySet<number | null>,
): Confinement {
  if (uids === null) return { uid: null, offline };
  if ('all' in uids) return { uid: uids.all, offline };
  let uid = uids.each + (devices.length === 0 ? 0 : Math.min(...devices));
  while (taken.has(uid)) uid += devicesMax;
  return { uid, offline };
}

const nobody = 65_534;

export interface ConfinementWanted {
  uid: number | 'auto' | 'same';
  network: 'none' | 'host';
  /** What programs must be able to read, and to write into. */
  readable: readonly string[];
  writable: string;
}

export function findConfinement(wanted: ConfinementWanted): HostConfinement {
  const lacks: string[] = [];
  const offline = wanted.network === 'none' && works(['unshare', '--net', '--', 'true']);
  if (wanted.network === 'none' && !offline)
    lacks.push('programs reach the network: the agent may not cut them off');
  if (wanted.uid === 'same') {
    lacks.push('programs run with the agent’s own rights, and can read and end each other: so configured');
    return { uids: null, offline, lacks };
  }
  const first = wanted.uid === 'auto' ? limits.gpuAgent.run.uidFirst : wanted.uid;
  if (canRunAs(first, wanted)) return { uids: { each: first }, offline, lacks };
  if (canRunAs(nobody, wanted)) {
    lacks.push(
      `programs share one user, and can read and end each other: the agent may not use ids from ${first}`,
    );
    return { uids: { all: nobody }, offline, lacks };
  }
  const because = process.getuid?.() === 0 ? 'other users do not reach their files' : 'the agent is not root';
  lacks.push(`programs run with the agent’s own rights, and can read and end each other: ${because}`);
  return { uids: null, offline, lacks };
}

function canRunAs(uid: number, { readable, writable }: ConfinementWanted): boolean {
  const tests = [...readable.map((path) => `test -r '${path}'`), `test -x '${writable}'`].join(' && ');
  return works(['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--', 'sh', '-c', tests]);
}

const works = ([command = '', ...args]: string[]): boolean =>
  spawnSync(command, args, { stdio: 'ignore' }).status === 0;
