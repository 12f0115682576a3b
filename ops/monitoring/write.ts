/** Writes what Prometheus and Grafana read, from the tables beside it: `node ops/monitoring/write.ts`, then format. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { boardFiles } from './all-boards.ts';
import { ruleFiles } from './all-rules.ts';

const write = (directory: string, name: string, text: string) =>
  writeFileSync(join(import.meta.dirname, directory, name), text);

for (const [name, text] of Object.entries(ruleFiles())) write('rules', name, text);
for (const [name, board] of Object.entries(boardFiles()))
  write('dashboards', name, `${JSON.stringify(board, null, 2)}\n`);
