/** What a scan of an image found. Pure. */
import { z } from 'zod';

export interface Finding {
  package: string;
  version: string;
  /** Of one vulnerability, by its names in different lists. */
  ids: string[];
  /** CVSS, as text; empty where nobody has rated it. */
  severity: string;
}

export type Scan =
  | { status: 'scanned'; scanner: string; findings: Finding[] }
  /** Nothing is known of what is in it: the database was not reached, or the scanner failed. */
  | { status: 'not_scanned'; scanner: string; why: string };

const resultsSchema = z.object({
  results: z.array(
    z.object({
      packages: z.array(
        z.object({
          package: z.object({ name: z.string(), version: z.string() }),
          groups: z.array(z.object({ ids: z.array(z.string()), max_severity: z.string().default('') })),
        }),
      ),
    }),
  ),
});

/** How the scanner ended: 0 found nothing, 1 found something; anything else found out nothing, whatever it printed. */
export function readScan(scanner: string, ended: { code: number | null; out: string; said: string }): Scan {
  if (ended.code !== 0 && ended.code !== 1) {
    const why = ended.said.trim().split('\n').at(-1) ?? '';
    return { status: 'not_scanned', scanner, why: why.slice(0, whyCharsMax) };
  }
  const { results } = resultsSchema.parse(JSON.parse(ended.out));
  const findings = results.flatMap(({ packages }) =>
    packages.flatMap(({ package: { name, version }, groups }) =>
      groups.map(({ ids, max_severity: severity }) => ({ package: name, version, ids, severity })),
    ),
  );
  return { status: 'scanned', scanner, findings };
}

const whyCharsMax = 500;
