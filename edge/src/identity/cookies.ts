/**
 * The cookies: `session` and `workspace` are credentials, `signin` binds an attempt to sign in to its browser. Over https their names carry `__Host-`, so that no other host of the site can plant one:
 * the browser then insists on Secure, Path=/ and no Domain. Over http nothing tells a planted cookie from ours,
 * and one with a longer path is sent first: where two differ, neither counts.
 */
export type CookieKind = 'session' | 'workspace' | 'signin';

export const cookieName = (kind: CookieKind, secure: boolean): string =>
  `${secure ? '__Host-' : ''}cellbook_${kind}`;

export function setCookie(kind: CookieKind, value: string, maxAgeSeconds: number, secure: boolean): string {
  const age = Math.max(0, Math.floor(maxAgeSeconds));
  const base = `${cookieName(kind, secure)}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${age}`;
  return secure ? `${base}; Secure` : base;
}

export function readCookie(header: string | null, kind: CookieKind, secure: boolean): string | null {
  const prefix = `${cookieName(kind, secure)}=`;
  const values = new Set<string>();
  for (const part of (header ?? '').split(';')) {
    const cookie = part.trim();
    if (cookie.startsWith(prefix)) values.add(cookie.slice(prefix.length));
  }
  const [value] = values;
  return values.size === 1 && value ? value : null;
}
