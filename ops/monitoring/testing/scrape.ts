/** What programs really say at `/metrics`, and what expressions name that none of them says. */
import { readFileSync } from 'node:fs';
import { get } from 'node:https';
import { call } from '../../client/http.ts';
import type { Target } from '../targets.ts';

/** Metrics by name (histograms by the name of the whole), with the labels that their series have now. */
export type Scraped = Map<string, Set<string>>;

export async function scrape(target: Target): Promise<string> {
  if (target.tls) return scrapeHost(target.address, target.tls);
  return (await call(`http://${target.address}`, { method: 'GET', path: '/metrics' })).text();
}

const scrapeHost = (address: string, tls: NonNullable<Target['tls']>): Promise<string> =>
  new Promise((resolve, reject) => {
    const known = { ca: readFileSync(tls.authorityFile), servername: tls.serverName };
    get(`https://${address}/metrics`, { ...known, timeout: 10_000 }, (answer) => {
      let text = '';
      answer.setEncoding('utf8');
      answer.on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () => resolve(text));
      answer.on('error', reject);
    }).on('error', reject);
  });

export function readMetrics(texts: readonly string[]): Scraped {
  const scraped: Scraped = new Map();
  for (const line of texts.join('\n').split('\n')) {
    const [, typed] = /^# TYPE (\S+)/.exec(line) ?? [];
    if (typed && !scraped.has(typed)) scraped.set(typed, new Set());
    const [, name = '', labels = ''] = /^([a-z_0-9]+)(?:\{(.*)\})? /.exec(line) ?? [];
    for (const [, label = ''] of labels.matchAll(/(\w+)="/g)) scraped.get(whole(name, scraped))?.add(label);
  }
  return scraped;
}

/** `x_bucket`, `x_sum` and `x_count` are of the histogram `x`. */
function whole(name: string, scraped: Scraped): string {
  const stem = name.replace(/_(bucket|sum|count)$/, '');
  return scraped.has(name) ? name : stem;
}

const metric = /\b((?:cellbook|nodejs|process)_[a-z0-9_]+)(?:\{([^}]*)\})?/g;

/** Metrics, or labels of one that has series, which an expression selects by and nothing says. */
export function unsaid(
  expressions: readonly string[],
  scraped: Scraped,
  ofTargets: readonly string[],
): string[] {
  const found = expressions.flatMap((expr) =>
    [...expr.matchAll(metric)].flatMap(([, name = '', selector = '']) => {
      const labels = scraped.get(whole(name, scraped));
      if (!labels) return [name];
      const asked = [...selector.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label);
      // One without series yet has no labels to compare with.
      return labels.size === 0 ? [] : unknown(asked, labels, ofTargets).map((label) => `${name}{${label}}`);
    }),
  );
  return [...new Set(found)];
}

const unknown = (asked: readonly string[], labels: ReadonlySet<string>, ofTargets: readonly string[]) =>
  asked.filter((label) => !labels.has(label) && !ofTargets.includes(label));

/** What Prometheus adds by itself or by the configuration of its targets. */
export const targetLabels = ['job', 'instance', 'region', 'cell', 'host'];
