/** `cellbook gpu …`: a region's GPUs, for operators. Orders are wishes: giving one twice is giving it once. */
import type { Command } from 'commander';
import { Option } from 'commander';
import { answer } from '../../clients/typescript/client.ts';
import type { Cli } from '../cli.ts';
import { table } from '../show.ts';

const hostOrders = {
  quarantine: 'keep jobs off a host until it is released; what runs there goes on',
  release: 'take a host back into use: one job at a time until three have ended well',
  drain: 'give a host nothing new until it is released, or its agent restarts',
} as const;

export function registerGpu(program: Command, cli: Cli): void {
  const gpu = program
    .command('gpu')
    .description('the GPUs of a region: hosts, what is contained, customers (operators)');
  registerShowing(gpu, cli);
  registerHostOrders(gpu, cli);
  registerClass(gpu, cli);
  registerCustomer(gpu, cli);
}

const inRegion = (command: Command): Command => command.requiredOption('--region <region>', 'whose GPUs');

function registerShowing(gpu: Command, cli: Cli): void {
  inRegion(gpu.command('hosts').description('its hosts, and what speaks against each')).action(
    ({ region }: { region: string }) =>
      cli.run(async ({ api }, show) => {
        const { hosts } = await answer(api.GET('/v1/gpu/{region}/hosts', { params: { path: { region } } }));
        const rows = hosts.map((host) => [
          ...[host.id, host.phase, host.sku, `${host.busyGpus}/${host.gpus}`],
          host.unhealthy.join(',') || '-',
          host.evidence
            ? `${host.evidence.failed} of ${host.evidence.failed + host.evidence.succeeded}`
            : '-',
          host.evidence ? host.evidence.suspicion.toFixed(2) : '-',
          reasonOf(host),
        ]);
        const headings = ['host', 'phase', 'sku', 'busy', 'unhealthy', 'failed', 'suspicion', 'because'];
        show.result(hosts, () => table(headings, rows));
      }),
  );
  inRegion(
    gpu.command('contained').description('classes of prompts that are limited, and versions rolled out'),
  ).action(({ region }: { region: string }) =>
    cli.run(async ({ api }, show) => {
      const path = { params: { path: { region } } };
      const contained = await answer(api.GET('/v1/gpu/{region}/contained', path));
      const classes = contained.classes.map((one) => [
        ...[one.limit, one.feature, one.since, String(one.runningGpus), one.probeAt ?? '-', one.because],
      ]);
      const versions = contained.versions.map((one) => [
        ...[one.binary, one.stable, one.candidate ?? '-', `${one.permille / 10} %`],
        one.withdrawn.join(' ') || '-',
      ]);
      show.result(contained, () =>
        [
          table(['limit', 'class', 'since', 'gpus', 'probe', 'because'], classes),
          table(['binary', 'stable', 'candidate', 'share', 'withdrawn'], versions),
        ].join('\n\n'),
      );
    }),
  );
  inRegion(
    gpu.command('customers').description('organisations with jobs there, their weights and limits'),
  ).action(({ region }: { region: string }) =>
    cli.run(async ({ api }, show) => {
      const path = { params: { path: { region } } };
      const { customers } = await answer(api.GET('/v1/gpu/{region}/customers', path));
      const rows = customers.map((one) => [
        ...[one.organisationId, String(one.weight), one.runningMax === null ? '-' : String(one.runningMax)],
        ...[String(one.queued), String(one.running)],
      ]);
      show.result(customers, () => table(['organisation', 'weight', 'at once', 'queued', 'running'], rows));
    }),
  );
}

function registerHostOrders(gpu: Command, cli: Cli): void {
  for (const [order, what] of Object.entries(hostOrders) as [keyof typeof hostOrders, string][])
    inRegion(gpu.command(`${order} <host>`).description(what))
      .requiredOption('--because <reason>', 'for whoever comes next')
      .action((hostId: string, { region, because }: { region: string; because: string }) =>
        cli.run(async ({ api }, show) => {
          const params = { path: { region, hostId } };
          const asked = await answer(
            api.POST(`/v1/gpu/{region}/hosts/{hostId}/${order}`, { params, body: { because } }),
          );
          show.result(asked, () => `${hostId}: ${order} is asked for; cellbook gpu hosts shows it`);
        }),
      );
}

function registerClass(gpu: Command, cli: Cli): void {
  inRegion(gpu.command('class <feature>').description('limit a class of prompts, or let it run again'))
    .addOption(
      new Option('--limit <limit>', 'how far')
        .choices(['free', 'throttled', 'isolated', 'refused'])
        .makeOptionMandatory(),
    )
    .requiredOption('--because <reason>', 'told to whoever is refused')
    .action((feature: string, given: { region: string; limit: 'free'; because: string }) =>
      cli.run(async ({ api }, show) => {
        const { region, limit, because } = given;
        const body = { feature, limit, because };
        const asked = await answer(
          api.PUT('/v1/gpu/{region}/classes', { params: { path: { region } }, body }),
        );
        show.result(asked, () => `${feature}: ${limit} is asked for; cellbook gpu contained shows it`);
      }),
    );
}

function registerCustomer(gpu: Command, cli: Cli): void {
  inRegion(
    gpu.command('customer <organisation>').description('its weight inside its tier, and its jobs at once'),
  )
    .option('--weight <number>', 'of its share inside its tier', '1')
    .option('--at-once <jobs>', 'at the most (absent: as many as there is room for)')
    .action((orgId: string, given: { region: string; weight: string; atOnce?: string }) =>
      cli.run(async ({ api }, show) => {
        const runningMax = given.atOnce === undefined ? null : Number(given.atOnce);
        const params = { path: { region: given.region, orgId } };
        const body = { weight: Number(given.weight), runningMax };
        const asked = await answer(api.PUT('/v1/gpu/{region}/customers/{orgId}', { params, body }));
        show.result(
          asked,
          () => `${orgId}: weight ${body.weight} is asked for; cellbook gpu customers shows it`,
        );
      }),
    );
}

interface Reasoned {
  held: { because: string; by: string } | null;
  evidence: { until: string | null; probation: number } | null;
}

function reasonOf({ held, evidence }: Reasoned): string {
  if (held) return `${held.because} (${held.by})`;
  if (evidence?.until) return `its failures; tried again ${evidence.until}`;
  return evidence && evidence.probation > 0 ? `on probation: ${evidence.probation} good ends wanted` : '';
}
