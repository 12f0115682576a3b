import { describe, expect, it } from 'vitest';
import { distributionSources } from './apt-sources.ts';

const stanza = (suites: string, more = '') =>
  `Types: deb deb-src\n# a comment\nURIs: http://mirror.example/debian\nSuites: ${suites}\nComponents: main\nSigned-By: /usr/share/keyrings/debian.gpg${more}`;

describe("the machine's package sources", () => {
  it('are kept as they are for the release, its updates and its security suite', () => {
    const [kept = ''] = distributionSources(
      [stanza('bookworm bookworm-updates bookworm-backports')],
      'bookworm',
    );
    expect(kept).toContain('Suites: bookworm bookworm-updates\n');
    expect(kept).toContain('URIs: http://mirror.example/debian');
    expect(kept).toContain('Signed-By: /usr/share/keyrings/debian.gpg');
    expect(kept).not.toContain('deb-src');
  });

  it('leave third parties, other releases, other components and disabled ones out', () => {
    const entries = [
      'deb https://deb.nodesource.com/node_20.x nodistro main',
      'deb [arch=amd64] https://download.docker.com/linux/debian bookworm stable',
      'deb https://apt.postgresql.org/pub/repos/apt bookworm-pgdg main',
      'deb http://mirror.example/debian trixie main',
      '# deb http://mirror.example/debian bookworm main',
      stanza('bookworm', '\nEnabled: no'),
      '',
    ];
    expect(distributionSources(entries, 'bookworm')).toEqual([]);
  });

  it('keep the options of one-line entries', () => {
    const line = 'deb [signed-by=/k.gpg] http://mirror.example/ubuntu noble main universe';
    expect(distributionSources([line], 'noble')).toEqual([line]);
  });

  it('are turned into the backports of the same mirror, once', () => {
    const entries = [
      stanza('bookworm bookworm-updates'),
      'deb http://security.example bookworm-security main',
    ];
    const kept = distributionSources(entries, 'bookworm', '-backports');
    expect(kept.length).toBe(1);
    expect(kept[0]).toContain('Suites: bookworm-backports\n');
  });
});
