/**
 * Leases, decided without I/O. A holder may act until `safeUntilMs`, its granter may grant again only at
 * `expiresAtMs`; the gap between them covers clocks that disagree and work already on its way, so the old
 * holder has stopped before the new one starts.
 */
export interface LeaseTerms {
  /** How long a grant lasts. */
  ttlMs: number;
  /** How long before its end the holder stops acting; must exceed the clock skew plus one write's deadline. */
  marginMs: number;
}

export interface Lease {
  holder: string;
  epoch: number;
  grantedAtMs: number;
  expiresAtMs: number;
}

/** A fresh grant, one epoch above whatever came before. */
export function grantLease(holder: string, previous: Lease | null, terms: LeaseTerms, nowMs: number): Lease {
  const epoch = (previous?.epoch ?? 0) + 1;
  return { holder, epoch, grantedAtMs: nowMs, expiresAtMs: nowMs + terms.ttlMs };
}

/** True when the granter may give it to somebody else. */
export function isExpired(lease: Lease, nowMs: number): boolean {
  return nowMs >= lease.expiresAtMs;
}

/** Until when the holder may act on it. */
export function safeUntilMs(lease: Lease, terms: LeaseTerms): number {
  return lease.expiresAtMs - terms.marginMs;
}

/** The same grant, extended: same holder, same epoch. */
export function renewLease(lease: Lease, terms: LeaseTerms, nowMs: number): Lease {
  return { ...lease, expiresAtMs: nowMs + terms.ttlMs };
}

/** When to renew: a third of the way, so that two renewals may fail before the margin is reached. */
export function renewAtMs(lease: Lease, terms: LeaseTerms): number {
  return lease.expiresAtMs - terms.ttlMs + Math.floor(terms.ttlMs / 3);
}
