/**
 * One cell, put together from its parts: every dependency is made here and handed over, top to bottom, and
 * stopped in reverse.
 */
import type { AddressInfo } from 'node:net';
import type { Clock } from '@cellbook/shared/clock.ts';
import type { Failpoint } from '@cellbook/shared/failpoint.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import { createMetrics } from '@cellbook/shared/metrics.ts';
import type { Random } from '@cellbook/shared/random.ts';
import { closeServer } from './api/close-server.ts';
import type { CellConfig } from './config.ts';
import { createGateway } from './gateway/gateway.ts';
import { createNotebookFiles } from './notebook-files.ts';
import { openCellAudit } from './parts/audit-part.ts';
import { openDepartures } from './parts/departure-part.ts';
import { openRebuilds } from './parts/environment-part.ts';
import { openFindings } from './parts/finding-part.ts';
import { openHost } from './parts/host-part.ts';
import { wakeThrough } from './parts/parking-part.ts';
import { serve } from './parts/server-part.ts';
import { openStanding } from './parts/standing-part.ts';
import { openStores } from './parts/store-part.ts';

export interface CellTools {
  clock: Clock;
  random: Random;
  log: Logger;
  /** Only where a test asks for it (shared/src/failpoint.ts). */
  failpoint?: Failpoint;
}

export interface Cell {
  /** Where it listens. */
  url: string;
  /**
   * Drains: sockets are closed with 1012; where this process is the host, files are stored and sandboxes
   * stopped, and where hosts are daemons, what runs is left to the next controller. Idempotent.
   */
  close(): Promise<void>;
}

export async function startCell(config: CellConfig, tools: CellTools): Promise<Cell> {
  const { clock, log } = tools;
  const {
    app,
    lifecycle,
    gateway,
    closeHosts,
    stores,
    sandboxVersion,
    audit,
    findings,
    standing,
    departures,
  } = await assemble(config, tools);

  await lifecycle.start({ isAlone: true });
  await app.listen({ host: config.bind, port: config.port });
  const { port } = app.server.address() as AddressInfo;
  departures.begin();
  standing.begin();
  log.info({ port, sandboxes: sandboxVersion }, 'the cell serves');

  let closing: Promise<void> | null = null;
  async function close(): Promise<void> {
    lifecycle.refuseNew();
    standing.close();
    await departures.close();
    await gateway.close();
    await closeServer(app, clock);
    await lifecycle.drain();
    await closeHosts();
    await findings.close();
    await audit.close();
    await stores.close();
  }
  return {
    url: `http://${config.bind}:${port}`,
    close() {
      closing ??= close();
      return closing;
    },
  };
}

/** Every part in its place, and nothing begun: no sandbox is looked at and nobody is served. */
export async function assemble(config: CellConfig, tools: CellTools) {
  const { random } = tools;
  const metrics = createMetrics({ processMetrics: true });
  const stores = await openStores(config, tools);
  const audit = await openCellAudit(config, tools, stores, metrics);
  const opened = await openHost(config, tools, stores, metrics);
  const { lifecycle, volumes, image, sandboxVersion, secrets, quotas, shared, home, recover } = opened;
  const findings = openFindings(tools, stores, lifecycle);
  const edge = opened.shared?.edge ?? null;
  const departures = openDepartures(config, tools, { stores, lifecycle, secrets, audit: audit.log, edge });
  const { heard } = departures;
  const standing = await openStanding(config, tools, { metrics, audit: audit.log, edge, heard });
  const gateway = createGateway({
    ...tools,
    metrics,
    runtime: lifecycle,
    store: stores.kernelsOf(image),
    notebooks: createNotebookFiles({
      ...{ volumes, random },
      tierOf: async (workspaceId) => (await stores.store.get(workspaceId))?.tier ?? 'free',
      written: (workspaceId, path, bytes) => void findings.findings.saved(workspaceId, { path, bytes }),
    }),
    files: (workspaceId) => volumes.files(workspaceId),
    audit: audit.log,
    standing: standing.standing,
    ...(edge && { wake: wakeThrough(edge) }),
  });
  lifecycle.addListener(gateway.listener);
  lifecycle.addListener(openRebuilds(stores, tools, gateway));
  const app = await serve({
    ...{
      config,
      tools,
      stores,
      lifecycle,
      volumes,
      gateway,
      sandboxVersion,
      metrics,
      secrets,
      audit,
      quotas,
      shared,
      home,
      recover,
      findings,
      standing,
    },
  });
  return {
    ...{ app, lifecycle, gateway, volumes, closeHosts: opened.close },
    ...{ stores, sandboxVersion, audit, findings, standing, departures },
  };
}
