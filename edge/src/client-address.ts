/**
 * Where a request came from, for the record of who did what. On Cloudflare it says so itself, in a header that no
 * client can set; behind a proxy of the operator's, that one does, in the header that `CELLBOOK_CLIENT_ADDRESS`
 * names. Of a list the last address counts: it is what the nearest proxy saw, the ones before are hearsay. On one
 * machine wrangler takes Cloudflare's header from whoever sends it, so there the variable is the one address that
 * can reach an edge which listens on loopback alone. Else it is empty, rather than something a client wrote.
 */
import type { Ask } from './ask.ts';

const address = /^(?=.*[.:])[0-9a-fA-F:.]{2,45}$/;

export function clientAddressOf({ edge, request }: Pick<Ask, 'edge' | 'request'>): string {
  const trusted = edge.config.CELLBOOK_CLIENT_ADDRESS;
  if (trusted === 'none') return '';
  if (address.test(trusted)) return trusted;
  const told = request.headers.get(trusted)?.split(',').at(-1)?.trim() ?? '';
  return address.test(told) ? told : '';
}

/**
 * What counts as one client: an IPv4 address, or the 64 bits of an IPv6 one that are a network. The rest of those
 * is the client's to choose, for each request another if it likes.
 */
export function networkOf(of: string): string {
  if (!of.includes(':') || of.includes('.')) return of;
  const [before = [], after] = of
    .toLowerCase()
    .split('::')
    .map((part) => part.split(':').filter((group) => group !== ''));
  const zeros = after ? Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0') : [];
  const groups = [...before, ...zeros, ...(after ?? [])].slice(0, 4);
  return groups.map((group) => group.replace(/^0+(?=.)/, '')).join(':');
}
