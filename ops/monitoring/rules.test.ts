import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkoutDirectory } from '../up/config.ts';
import { runbookPath } from './alert.ts';
import { allAlerts, ruleFiles } from './all-rules.ts';
import { promtool } from './promtool.ts';
import { type Situation, situations, spans } from './testing/situations.ts';

const files = ruleFiles();

it('the committed rules are those of the tables', () => {
  for (const [name, text] of Object.entries(files))
    expect(readFileSync(join(import.meta.dirname, 'rules', name), 'utf8'), `run write.ts: ${name}`).toBe(
      text,
    );
  expect(readdirSync(join(import.meta.dirname, 'rules')).sort()).toEqual(Object.keys(files).sort());
});

it('Prometheus accepts them, and refuses a broken one', async () => {
  expect(await promtool(files, 'check', 'rules', ...Object.keys(files))).toMatchObject({ ok: true });
  const broken = (files['causes.yml'] ?? '').replace('sum(', 'sum((');
  expect(await promtool({ 'broken.yml': broken }, 'check', 'rules', 'broken.yml')).toMatchObject({
    ok: false,
  });
});

it.each(spans)(
  'exactly the alerts fire that a situation of $minutes minutes is to raise',
  async (span) => {
    const { ok, output } = await judge(situations.filter((one) => one.span === span));
    expect(ok, output).toBe(true);
  },
  120_000,
);

it('a situation in which another alert fires than was said is found out', async () => {
  const [one] = situations;
  if (!one) throw new Error('there is no situation');
  expect(await judge([{ ...one, fires: one.fires.slice(1) }])).toMatchObject({ ok: false });
  expect(await judge([{ ...one, fires: [...one.fires, 'NoPlaces'] }])).toMatchObject({ ok: false });
});

it('every alert fires in a situation', () => {
  const fired = new Set(situations.flatMap(({ fires }) => fires));
  expect(allAlerts.map(({ name }) => name).filter((name) => !fired.has(name))).toEqual([]);
});

it('every alert has a runbook, which says what to do first, and every runbook an alert', () => {
  const named = new Set(allAlerts.map(({ runbook }) => runbook));
  for (const { name, runbook } of allAlerts) {
    const path = join(checkoutDirectory, runbookPath(runbook));
    expect(existsSync(path), `${name} has no ${runbookPath(runbook)}`).toBe(true);
    const text = readFileSync(path, 'utf8');
    expect(text, runbookPath(runbook)).toContain(name);
    expect(text, runbookPath(runbook)).toMatch(/^## (Look|Do)/m);
  }
  const there = readdirSync(join(checkoutDirectory, 'ops/runbooks/alerts')).filter(
    (file) => file !== 'README.md',
  );
  expect(there.map((file) => file.replace(/\.md$/, '')).filter((runbook) => !named.has(runbook))).toEqual([]);
});

function judge(all: readonly Situation[]) {
  const suite = {
    rule_files: Object.keys(files),
    evaluation_interval: `${all[0]?.span.lookEveryMinutes ?? 1}m`,
    tests: all.map(({ what, series, span, fires, firesIn }) => ({
      name: what,
      interval: `${span.valueEveryMinutes}m`,
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      promql_expr_test: [
        {
          expr: `group by (alertname${firesIn ? ', region' : ''}) (ALERTS{alertstate="firing"})`,
          eval_time: `${span.minutes}m`,
          exp_samples: firesIn
            ? Object.entries(firesIn).flatMap(([region, alerts]) =>
                alerts.map((alertname) => ({
                  labels: `{alertname="${alertname}",region="${region}"}`,
                  value: 1,
                })),
              )
            : fires.map((alertname) => ({ labels: `{alertname="${alertname}"}`, value: 1 })),
        },
      ],
    })),
  };
  return promtool({ ...files, 'test.yml': JSON.stringify(suite) }, 'test', 'rules', 'test.yml');
}
