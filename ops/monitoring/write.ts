/** Writes the files that Prometheus and Grafana read, from the tables beside it: `node ops/monitoring/write.ts`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ruleFiles } from './all-rules.ts';

for (const [name, text] of Object.entries(ruleFiles()))
  writeFileSync(join(import.meta.dirname, 'rules', name), text);
