/** What the edge answers GPU regions, for tests: real HTTP and signatures, records in memory. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { systemClock } from '@cellbook/shared/clock.ts';
import { regionAskAudience, regionAsks } from '@cellbook/shared/protocol/region-asks.ts';
import { jwtVerify } from 'jose';
import { createMemoryRegionRecords } from '../federation/guard/region-records.ts';

export async function startEdgeDouble(secret: string) {
  const records = createMemoryRegionRecords(systemClock);
  const server = createServer(async (request, response) => {
    const { typ, path, schema } = regionAsks.record;
    const asked = await text(request);
    if (request.url !== path) return response.writeHead(404).end();
    const { payload } = await jwtVerify(asked, new TextEncoder().encode(secret), {
      ...{ typ, audience: regionAskAudience, algorithms: ['HS256'] },
    });
    const { region, change } = schema.parse(payload);
    response.writeHead(200).end(JSON.stringify(await records.ask(region, change)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    records,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
