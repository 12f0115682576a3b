/**
 * The distribution's own package sources as this machine's apt has them, so that images are built through
 * whatever mirror and keys the operator configured. Third-party sources are left out: an image is made of
 * the distribution alone.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from './command.ts';

export interface HostRelease {
  id: string;
  codename: string;
  architecture: string;
}

export async function hostRelease(): Promise<HostRelease> {
  const text = await readFile('/etc/os-release', 'utf8');
  const field = (name: string) => text.match(new RegExp(`^${name}="?([^"\n]*)"?$`, 'm'))?.[1] ?? '';
  const architecture = (await runCommand(['dpkg', '--print-architecture'], { deadlineMs: 10_000 })).trim();
  return { id: field('ID'), codename: field('VERSION_CODENAME'), architecture };
}

/** Everything apt would read, one string per stanza (deb822) or line (one-line form). */
async function readHostEntries(etc = '/etc/apt'): Promise<string[]> {
  const entries: string[] = [];
  const list = await readFile(join(etc, 'sources.list'), 'utf8').catch(() => '');
  entries.push(...list.split('\n'));
  for (const name of (await readdir(join(etc, 'sources.list.d')).catch(() => [])).sort()) {
    const text = await readFile(join(etc, 'sources.list.d', name), 'utf8');
    if (name.endsWith('.list')) entries.push(...text.split('\n'));
    if (name.endsWith('.sources')) entries.push(...text.split(/\n\s*\n/));
  }
  return entries;
}

/**
 * Keeps the entries of `codename` and its updates and security suites, as deb822 stanzas or one-line
 * entries, each as it was written. With `suffix` (`-backports`) the suites are replaced by that one.
 */
export function distributionSources(entries: string[], codename: string, suffix = ''): string[] {
  const wanted = new Set([codename, `${codename}-updates`, `${codename}-security`]);
  const kept: string[] = [];
  for (const entry of entries) {
    const text = entry
      .split('\n')
      .filter((line) => !line.trimStart().startsWith('#'))
      .join('\n')
      .trim();
    const suites = suitesOf(text).filter((suite) => wanted.has(suite));
    if (suites.length === 0) continue;
    if (suffix === '') kept.push(withSuites(text, suites));
    else if (suites.includes(codename)) kept.push(withSuites(text, [`${codename}${suffix}`]));
  }
  return kept;
}

const oneLine = /^deb\s+(\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)$/;

function suitesOf(text: string): string[] {
  const line = text.match(oneLine);
  if (line) return /\bmain\b/.test(line[4] ?? '') ? [line[3] ?? ''] : [];
  if (!/^Types:.*\bdeb\b/m.test(text) || /^Enabled:\s*no/im.test(text)) return [];
  if (!/^Components:.*\bmain\b/m.test(text)) return [];
  return (text.match(/^Suites:(.*)$/m)?.[1] ?? '').trim().split(/\s+/);
}

function withSuites(text: string, suites: string[]): string {
  const line = text.match(oneLine);
  if (line) return suites.map((suite) => `deb ${line[1] ?? ''}${line[2]} ${suite} ${line[4]}`).join('\n');
  return text.replace(/^Types:.*$/m, 'Types: deb').replace(/^Suites:.*$/m, `Suites: ${suites.join(' ')}`);
}

export async function hostSources(codename: string, suffix = ''): Promise<string> {
  const kept = distributionSources(await readHostEntries(), codename, suffix);
  if (kept.length === 0)
    throw new Error(
      `this machine's apt has no source for ${codename}: add one under /etc/apt/sources.list.d`,
    );
  return `${kept.join('\n\n')}\n`;
}
