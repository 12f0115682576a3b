/**
 * `next` where it leads to a path of this same origin, else null. A path that begins with two slashes is none:
 * a browser reads `//evil.example/` in a Location as another host, and `/.//evil.example/` becomes that.
 */
export function localPath(next: string, here: URL): string | null {
  if (!URL.canParse(next, here)) return null;
  const { origin, pathname, search } = new URL(next, here);
  return origin === here.origin && !pathname.startsWith('//') ? pathname + search : null;
}
