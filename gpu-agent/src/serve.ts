/** `/healthz` and `/metrics` of the agent, on this machine. */
import { createServer, type Server } from 'node:http';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { Agent } from './agent.ts';
import { agentGauges } from './metrics/agent-metrics.ts';

export interface ServeOptions {
  metrics: Metrics;
  port: number;
  /** Of whose disk it tells. */
  dataDirectory: string;
}

export function serveHealth(agent: Agent, { metrics, port, dataDirectory }: ServeOptions): Promise<Server> {
  const show = agentGauges(metrics, dataDirectory);
  const server = createServer(async (request, response) => {
    const look = agent.look();
    if (request.url === '/metrics') {
      await show(look);
      const { contentType, body } = await metrics.render();
      response.writeHead(200, { 'content-type': contentType }).end(body);
    } else if (request.url === '/healthz') {
      const { devices, ...rest } = look;
      const ill = devices.filter(({ healthy }) => !healthy).length;
      const told = JSON.stringify({ ...rest, devices: devices.length, ill });
      response.writeHead(200, { 'content-type': 'application/json' }).end(told);
    } else response.writeHead(404).end();
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
