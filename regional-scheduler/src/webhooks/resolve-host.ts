/**
 * Where the name of a receiver leads, asked of the name servers themselves: the system's own `getaddrinfo` has no
 * deadline and holds one of the few threads that files and digests need too, so that a customer's dead name servers
 * would hold up everybody. Names that the operator has listed may stand in the machine's files (`/etc/hosts`) alone,
 * and are looked up as the machine does.
 */
import { lookup, Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';
import { limits } from '@cellbook/shared/limits.ts';

export interface Resolving {
  /** The operator has listed it. */
  isListed: boolean;
  /** `address:port`; absent: the machine's. */
  nameServers?: readonly string[];
  resolveMs?: number;
}

/** None where there are none, and where nobody says so in time. */
export async function addressesOf(host: string, resolving: Resolving): Promise<string[]> {
  if (isIP(host) !== 0) return [host];
  const over = AbortSignal.timeout(resolving.resolveMs ?? limits.jobs.webhook.resolveMs);
  if (resolving.isListed) return orNone(beforeEnd(over, listed(host)));
  // This machine's, whatever a name server says of it (RFC 6761).
  if (/(^|\.)localhost\.?$/i.test(host)) return [];
  const resolver = new Resolver({ timeout: limits.jobs.webhook.nameServerMs, tries: 2 });
  if (resolving.nameServers) resolver.setServers(resolving.nameServers);
  over.addEventListener('abort', () => resolver.cancel(), { once: true });
  const [four, six] = await Promise.all([orNone(resolver.resolve4(host)), orNone(resolver.resolve6(host))]);
  return [...four, ...six];
}

const listed = async (host: string): Promise<string[]> =>
  (await lookup(host, { all: true })).map(({ address }) => address);

const orNone = (found: Promise<string[]>): Promise<string[]> => found.catch(() => []);

function beforeEnd<Value>(over: AbortSignal, work: Promise<Value>): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  over.addEventListener('abort', () => reject(over.reason), { once: true });
  return Promise.race([work, promise]);
}
