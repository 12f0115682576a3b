/** A real Prometheus (Debian's package) over a platform's targets, with the rules in less time. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '@cellbook/shared/clock.ts';
import { freePort } from '@cellbook/shared/ports.ts';
import { z } from 'zod';
import { waitUntil } from '../../up/wait-until.ts';
import { ruleFiles } from '../all-rules.ts';
import { prometheusConfig } from '../prometheus-config.ts';
import type { Target } from '../targets.ts';
import { shorten } from './shorten.ts';

/** Windows and waits are a twentieth: five minutes are fifteen seconds, and still many scrapes. */
export const shortenBy = 20;
/** Long enough for programs on a busy machine to answer in. */
const scrapeSeconds = 2;
const startDeadlineMs = 30_000;

const answerSchema = z.object({ data: z.object({ result: z.array(z.unknown()) }) });

const alertsSchema = z.object({
  data: z.object({
    alerts: z.array(z.object({ labels: z.looseObject({ alertname: z.string() }), state: z.string() })),
  }),
});

export interface Prometheus {
  url: string;
  /** Names of the alerts that fire now; `pending`: of those that do when their wait is over. */
  firing(): Promise<Set<string>>;
  pending(): Promise<Set<string>>;
  /** Whether an expression gives anything now: `up == 0`. */
  holds(expression: string): Promise<boolean>;
  stop(): Promise<void>;
}

export async function startPrometheus(
  targets: readonly Target[],
  { directory, clock }: { directory: string; clock: Clock },
): Promise<Prometheus> {
  const rules = join(directory, 'rules');
  await mkdir(rules, { recursive: true });
  for (const [name, text] of Object.entries(ruleFiles()))
    await writeFile(join(rules, name), shorten(text, shortenBy));
  const config = join(directory, 'prometheus.yml');
  await writeFile(config, prometheusConfig(targets, rules, scrapeSeconds));
  const address = `127.0.0.1:${await freePort()}`;
  const child = spawn(
    'prometheus',
    [
      ...[`--config.file=${config}`, `--storage.tsdb.path=${join(directory, 'data')}`],
      ...[`--web.listen-address=${address}`, '--log.level=warn'],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const ended = once(child, 'exit');
  const url = `http://${address}`;
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  const isReady = async () => (await fetch(`${url}/-/ready`, soon())).ok;
  await waitUntil(isReady, { clock, deadlineMs: startDeadlineMs, what: 'Prometheus to be ready' }).catch(
    async (thrown: unknown) => {
      await stop();
      throw thrown;
    },
  );
  const ask = async (path: string): Promise<unknown> => (await fetch(url + path, soon())).json();
  const named = async (wanted: 'firing' | 'pending') => {
    const { alerts } = alertsSchema.parse(await ask('/api/v1/alerts')).data;
    return new Set(alerts.flatMap(({ labels, state }) => (state === wanted ? [labels.alertname] : [])));
  };
  const holds = async (expression: string) => {
    const query = new URLSearchParams({ query: expression });
    return answerSchema.parse(await ask(`/api/v1/query?${query}`)).data.result.length > 0;
  };
  return { url, stop, firing: () => named('firing'), pending: () => named('pending'), holds };
}

const soon = () => ({ signal: AbortSignal.timeout(5_000) });
