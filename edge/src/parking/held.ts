/** Whose a held socket is and where it leads: what the router tells the object that holds it, and hears again. */
import { limits } from '@cellbook/shared/limits.ts';
import { atHeader, regionHeader } from '@cellbook/shared/protocol/principal.ts';
import { base64url } from 'jose';
import { z } from 'zod';
import type { Ask } from '../ask.ts';
import { askedRegions } from '../asked-region.ts';
import { claimsSchema, credentialKinds, type Identity } from '../identity/identity.ts';

const heldSchema = z.object({
  /** As the credential said it; what it may do is read anew for each attachment. */
  identity: claimsSchema.extend({ via: z.enum(credentialKinds), asOfMs: z.number().optional() }),
  /** At the cell, and without a credential. */
  path: z.string().startsWith('/w/'),
  search: z.string(),
  headers: z.record(z.string(), z.string()),
});

export interface Held {
  identity: Identity;
  path: string;
  search: string;
  headers: Record<string, string>;
}

/** Null: it is more than an object keeps for a socket. */
export function writeHeld(held: Held): string | null {
  const text = base64url.encode(JSON.stringify(held));
  return text.length <= limits.parking.heldBytesMax ? text : null;
}

export function readHeld(text: string): Held {
  const { identity, ...rest } = heldSchema.parse(
    JSON.parse(new TextDecoder().decode(base64url.decode(text))),
  );
  const { asOfMs, ...claims } = identity;
  return { ...rest, identity: { ...claims, ...(asOfMs !== undefined && { asOfMs }) } };
}

/** What of a handshake is said again with each attachment; a region that its client insists on by name, too. */
export function heldHeaders(
  ask: Pick<Ask, 'request' | 'place'>,
  clientAddress: string,
): Record<string, string> {
  const names = [atHeader, 'accept-language', 'sec-websocket-protocol', 'user-agent', clientAddress];
  const [region] = askedRegions(ask);
  const headers = names.flatMap((name) => {
    const value = /^[a-z0-9-]+$/.test(name) ? ask.request.headers.get(name) : null;
    return value === null ? [] : [[name, value.slice(0, headerCharsMax)]];
  });
  return { ...Object.fromEntries(headers), ...(region !== undefined && { [regionHeader]: region }) };
}

const headerCharsMax = 512;
