/** What may be said of a credential: the prefix that every one of its kind begins with, and its length. */
const publicPrefixes = [
  'AKIA ASIA github_pat_ ghp_ gho_ ghu_ ghs_ ghr_ glpat- npm_ hf_ AIza SG. hvs. glsa_ sk_live_ rk_live_',
  'sk-ant- sk-proj- sk- xoxa- xoxb- xoxp- xoxr- xoxs- dckr_pat_ dapi gsk_ ntn_ -----BEGIN',
  'postgres:// postgresql:// mysql:// mongodb:// mongodb+srv:// https:// http://',
].flatMap((line) => line.split(' '));

export function hintOf(credential: string): string {
  const prefix = publicPrefixes.find((one) => credential.startsWith(one)) ?? '';
  return `${prefix}… (${credential.length} characters)`;
}
