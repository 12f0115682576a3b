/** `/healthz` and `/metrics` of the agent, on this machine. */
import { createServer, type Server } from 'node:http';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import type { Agent } from './agent.ts';

export function serveHealth(agent: Agent, metrics: Metrics, port: number): Promise<Server> {
  const gauges = {
    live: metrics.gauge('cellbook_gpu_agent_attempts', 'Attempts that have not ended'),
    devices: metrics.gauge('cellbook_gpu_agent_devices', 'GPUs of the host', ['health']),
    unanswered: metrics.gauge(
      'cellbook_gpu_agent_unanswered_seconds',
      'Since a scheduler answered; none yet: since its start',
    ),
  };
  const server = createServer(async (request, response) => {
    const look = agent.look();
    if (request.url === '/metrics') {
      gauges.live.set(look.live);
      gauges.devices.set({ health: 'ill' }, look.ill);
      gauges.devices.set({ health: 'well' }, look.devices - look.ill);
      gauges.unanswered.set((look.unansweredMs ?? process.uptime() * 1_000) / 1_000);
      const { contentType, body } = await metrics.render();
      response.writeHead(200, { 'content-type': contentType }).end(body);
    } else if (request.url === '/healthz') {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(look));
    } else response.writeHead(404).end();
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}
