/**
 * Where a sandbox may go: names and ports, by tier. Pure. A name stands for itself; `*.example.org` for every
 * name below it, and not for `example.org`. What matches no rule is not reachable, whatever it resolves to.
 */
import { isIP } from 'node:net';
import { type Tier, tierSchema } from '@cellbook/shared/protocol/principal.ts';
import { z } from 'zod';

const nameSchema = z
  .string()
  .regex(/^(\*\.)?([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/)
  .or(z.ipv4())
  .or(z.ipv6());

export const ruleSchema = z.strictObject({
  host: nameSchema,
  ports: z.array(z.int().min(1).max(65_535)).min(1).default([443]),
  /** Whether only TLS to this very name passes: names that share an address are told apart by it. */
  tls: z.boolean().default(true),
  /** Whether the name may lead into a private network or to this machine: an operator's own mirror. */
  isPrivate: z.boolean().default(false),
  tiers: z.array(tierSchema).default([...tierSchema.options]),
});
export type EgressRule = z.infer<typeof ruleSchema>;

export interface Target {
  host: string;
  port: number;
}

/** The package indexes that every tier reaches: pip's, and conda's two. */
export const packageIndexes: readonly EgressRule[] = [
  'pypi.org',
  'files.pythonhosted.org',
  'conda.anaconda.org',
  'repo.anaconda.com',
].map((host) => ruleSchema.parse({ host }));

/** An index by its URL: that name and port, wherever it is, since the operator has said so. */
export function ruleOfUrl(url: string): EgressRule {
  const { protocol, hostname, port } = new URL(url);
  const isTls = protocol === 'https:';
  return ruleSchema.parse({
    ...{ host: canonical(hostname), tls: isTls && isIP(canonical(hostname)) === 0, isPrivate: true },
    ports: [port === '' ? (isTls ? 443 : 80) : Number(port)],
  });
}

/** A name as rules have it: lower case, without the root's dot or an address's brackets. */
export const canonical = (host: string): string =>
  host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');

export function findRule(rules: readonly EgressRule[], tier: Tier, target: Target): EgressRule | null {
  const host = canonical(target.host);
  const fits = (rule: EgressRule) =>
    rule.tiers.includes(tier) && rule.ports.includes(target.port) && covers(rule.host, host);
  return rules.find(fits) ?? null;
}

function covers(pattern: string, host: string): boolean {
  if (!pattern.startsWith('*.')) return pattern === host;
  return isIP(host) === 0 && host.endsWith(pattern.slice(1)) && host.length > pattern.length - 1;
}

/** `host:port`, as CONNECT has it; null: it is nothing of the kind. */
export function parseAuthority(authority: string): Target | null {
  const match = authority.match(/^(\[[0-9a-f:.]+\]|[a-z0-9._-]+):(\d{1,5})$/i);
  const port = Number(match?.[2]);
  return match?.[1] && port >= 1 && port <= 65_535 ? { host: canonical(match[1]), port } : null;
}
