/**
 * What a prediction looks at: what is known of a job when it comes, by name. The names come out of the request itself
 * (core/contain/features.ts); nobody lists them. Words of a prompt are left out: they tell what is in a video and
 * seldom how long it takes, and a model that remembers prompts should not be.
 */
import type { JobSpec } from '../core/model/job.ts';

export type Subject = Pick<JobSpec, 'orgId' | 'kind' | 'binary' | 'gpus' | 'features'>;

export type Values = Readonly<Record<string, string>>;

export function valuesOf({ orgId, kind, gpus, features }: Subject): Values {
  const values: Record<string, string> = { org: orgId, kind, gpus: String(gpus) };
  for (const feature of features) {
    const parts = /^([^:~#]+)([:~#])(.*)$/s.exec(feature);
    if (!parts) continue;
    const [, name = '', sign, value = ''] = parts;
    if (name === 'word' || name === 'script' || name === 'binary') continue;
    values[sign === ':' ? name : `${name}${sign}`] = value;
  }
  return values;
}

/** In the order of a chain, from the widest; a value that is absent is one of its own. */
export function chainValues(values: Values, chain: readonly string[]): string[] {
  return chain.map((name) => values[name] ?? '');
}
