/**
 * Prints a configuration of Prometheus for the platform of this home: `npm run -s monitoring > prometheus.yml`. With
 * `--prove [ALERT …]` it makes the causes of alerts on a platform of its own, and says which fire (prove/prove.ts).
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { platformConfig } from '../up/config.ts';
import { openHome } from '../up/home.ts';
import { prometheusConfig } from './prometheus-config.ts';
import { targetsOf } from './targets.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { prove: { type: 'boolean', default: false } },
});
if (values.prove) {
  const { prove } = await import('./prove/prove.ts');
  const isProven = await prove(positionals, (line) => console.log(line));
  process.exit(isProven ? 0 : 1);
}
const { homeDirectory, cells, edgePort, gpu, gpuStandby: standby } = platformConfig(process.env);
const targets = targetsOf(openHome(homeDirectory), cells, edgePort, gpu, { standby });
process.stdout.write(prometheusConfig(targets, join(import.meta.dirname, 'rules')));
