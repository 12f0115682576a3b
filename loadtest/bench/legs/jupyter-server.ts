/** Anything that speaks Jupyter Server's API at a base URL: kernels by REST, clients by WebSocket. */
import { z } from 'zod';
import { connectWebSocketClient } from '../jupyter/websocket-client.ts';
import type { Leg, LegName } from '../measure/clients.ts';

export interface JupyterServer {
  name: LegName;
  /** Ends without a slash; `${baseUrl}/api/kernels` is the list of kernels. */
  baseUrl: string;
  kernelspec: string;
  headers: () => Promise<Record<string, string>>;
  /** Of each socket's address, with its question mark. */
  query?: string;
  stop: () => Promise<void>;
}

const kernelSchema = z.object({ id: z.string() });

export function jupyterServerLeg(server: JupyterServer): Leg {
  const kernels = new Map<number, Promise<string>>();
  return {
    name: server.name,
    async connect(kernel) {
      const started = kernels.get(kernel) ?? startKernel(server);
      kernels.set(kernel, started);
      const url = `${server.baseUrl.replace(/^http/, 'ws')}/api/kernels/${await started}/channels${server.query ?? ''}`;
      return connectWebSocketClient(url, await server.headers());
    },
    async stop() {
      await server.stop();
    },
  };
}

export async function startKernel(server: JupyterServer): Promise<string> {
  const response = await fetch(`${server.baseUrl}/api/kernels`, {
    method: 'POST',
    headers: { ...(await server.headers()), 'content-type': 'application/json' },
    body: JSON.stringify({ name: server.kernelspec }),
    signal: AbortSignal.timeout(120_000),
  });
  const body = await response.text();
  if (response.status !== 201)
    throw new Error(`${server.name}: starting a kernel gave ${response.status}: ${body}`);
  return kernelSchema.parse(JSON.parse(body)).id;
}
