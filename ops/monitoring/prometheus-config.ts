/**
 * The configuration of a Prometheus for these targets. Each host has a job of its own, since it is known by its own
 * name in its certificate; the label `job` says what it is all the same.
 */
import type { Target } from './targets.ts';

/** The shortest window of an alert is five minutes. */
const usualSeconds = 15;

/** Rules are looked at as often as there is something new. */
export function prometheusConfig(
  targets: readonly Target[],
  rulesDirectory: string,
  intervalSeconds = usualSeconds,
): string {
  const plain = ['cellbook-edge', 'cellbook-cell', 'cellbook-scheduler', 'cellbook-gpu-agent'].map((job) =>
    scrape(
      job,
      targets.filter((target) => target.job === job),
    ),
  );
  const hosts = targets
    .filter((target) => target.tls)
    .map((target) => scrape(`${target.job} ${target.labels.host}`, [target], target.tls));
  return `${JSON.stringify(
    {
      global: {
        scrape_interval: `${intervalSeconds}s`,
        scrape_timeout: `${Math.min(10, intervalSeconds)}s`,
        evaluation_interval: `${intervalSeconds}s`,
      },
      rule_files: [`${rulesDirectory}/*.yml`],
      scrape_configs: [...plain, ...hosts],
    },
    null,
    2,
  )}\n`;
}

const scrape = (name: string, targets: readonly Target[], tls?: Target['tls']) => ({
  job_name: name,
  ...(tls && {
    scheme: 'https',
    tls_config: { ca_file: tls.authorityFile, server_name: tls.serverName },
  }),
  static_configs: targets.map(({ job, address, labels }) => ({
    targets: [address],
    labels: { job, ...labels },
  })),
});
