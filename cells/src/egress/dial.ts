/**
 * From a name to a connection. The name is resolved here, each address is judged, and the connection is made to
 * an address that was judged: a name that answers differently the next time (rebinding) gains nothing.
 */
import { connect, isIP, isIPv4, type Socket } from 'node:net';
import type { Clock } from '@cellbook/shared/clock.ts';
import { withDeadline } from '@cellbook/shared/deadline.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { isReachable } from '@cellbook/shared/network-addresses.ts';
import { Refusal } from './refusal.ts';
import type { EgressRule, Target } from './rules.ts';

/** Every address of a name. */
export type Resolve = (host: string) => Promise<string[]>;

export interface DialDeps {
  resolve: Resolve;
  clock: Clock;
}

export interface Dialled {
  socket: Socket;
  address: string;
}

/** Throws a Refusal. */
export async function dial(
  deps: DialDeps,
  rule: EgressRule,
  target: Target,
  signal: AbortSignal,
): Promise<Dialled> {
  const found = isIP(target.host) === 0 ? await resolved(deps, target.host, signal) : [target.host];
  const addresses = found.filter((address) => isReachable(address, rule.isPrivate));
  if (addresses.length === 0)
    throw new Refusal('address_refused', `${target.host} is at an address that notebooks may not reach`);
  const doing = `connecting to ${target.host}`;
  const details = { code: 'provider_unavailable', doing } as const;
  try {
    return await withDeadline(
      deps.clock,
      limits.egress.connectMsMax,
      details,
      (both) => connectToFirst(inOrder(addresses), target.port, both),
      signal,
    );
  } catch {
    throw new Refusal('unreachable', `${target.host}:${target.port} does not answer`);
  }
}

/** IPv4 first: where there is no IPv6, an attempt at it can take its time to fail. */
const inOrder = (addresses: string[]): string[] =>
  addresses.toSorted((a, b) => Number(isIPv4(b)) - Number(isIPv4(a)));

async function resolved({ resolve, clock }: DialDeps, host: string, signal: AbortSignal): Promise<string[]> {
  const details = { code: 'provider_unavailable', doing: `resolving ${host}` } as const;
  try {
    return await withDeadline(clock, limits.egress.resolveMsMax, details, () => resolve(host), signal);
  } catch {
    throw new Refusal('unresolved', `the name ${host} could not be resolved`);
  }
}

async function connectToFirst(addresses: string[], port: number, signal: AbortSignal): Promise<Dialled> {
  let failure: unknown;
  for (const address of addresses.slice(0, limits.egress.addressesTriedMax)) {
    try {
      return { socket: await connectTo(address, port, signal), address };
    } catch (error) {
      signal.throwIfAborted();
      failure = error;
    }
  }
  throw failure;
}

function connectTo(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
    const giveUp = () => socket.destroy(new Error('given up'));
    signal.addEventListener('abort', giveUp, { once: true });
    const settled = (act: () => void) => () => {
      signal.removeEventListener('abort', giveUp);
      act();
    };
    socket.once(
      'connect',
      settled(() => resolve(socket)),
    );
    socket.once('error', (error) => settled(() => reject(error))());
  });
}
