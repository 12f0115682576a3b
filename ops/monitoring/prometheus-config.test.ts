import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cellIdSchema, regionIdSchema } from '@cellbook/shared/ids.ts';
import { afterEach, expect, it } from 'vitest';
import { openHome } from '../up/home.ts';
import { prometheusConfig } from './prometheus-config.ts';
import { promtool } from './promtool.ts';
import { targetsOf } from './targets.ts';

const directory = mkdtempSync(join(tmpdir(), 'cellbook-monitoring-'));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

it('names every program of a home with its cell, and Prometheus accepts the configuration', async () => {
  const home = openHome(directory);
  const ports = {
    'cell-eu-1': 1001,
    'host-eu-1-a': 1002,
    'host-eu-1-b': 1003,
    'cell-us-1': 1004,
    'host-eu-10-a': 9,
  };
  writeFileSync(join(home.run, 'ports'), JSON.stringify(ports));
  const tls = join(home.keys, 'tls', 'eu-1', 'controller');
  mkdirSync(tls, { recursive: true });
  writeFileSync(join(tls, 'ca.crt'), '');
  const place = { cellId: cellIdSchema.parse('eu-1'), regionId: regionIdSchema.parse('eu') };

  const targets = targetsOf(home, [place], 8787);
  const labels = { region: 'eu', cell: 'eu-1' };
  expect(targets).toEqual([
    { job: 'cellbook-edge', address: '127.0.0.1:8787', labels: {} },
    { job: 'cellbook-cell', address: '127.0.0.1:1001', labels },
    ...['a', 'b'].map((letter, index) => ({
      job: 'cellbook-host',
      address: `127.0.0.1:${1002 + index}`,
      labels: { ...labels, host: `eu-1-${letter}` },
      tls: { serverName: `eu-1-${letter}.host.eu-1.cellbook.internal`, authorityFile: join(tls, 'ca.crt') },
    })),
  ]);
  const config = prometheusConfig(targets, '/rules');
  const judged = await promtool({ 'prometheus.yml': config }, 'check', 'config', 'prometheus.yml');
  expect(judged, judged.output).toMatchObject({ ok: true });
});
