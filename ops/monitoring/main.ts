/** Prints a configuration of Prometheus for the platform of this home: `npm run -s monitoring > prometheus.yml`. */
import { join } from 'node:path';
import { platformConfig } from '../up/config.ts';
import { openHome } from '../up/home.ts';
import { prometheusConfig } from './prometheus-config.ts';
import { targetsOf } from './targets.ts';

const { homeDirectory, cells, edgePort } = platformConfig(process.env);
const targets = targetsOf(openHome(homeDirectory), cells, edgePort);
process.stdout.write(prometheusConfig(targets, join(import.meta.dirname, 'rules')));
