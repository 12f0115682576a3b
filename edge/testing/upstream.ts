/**
 * Two real servers that stand where cells stand. Each answers `/v1/…` and `/w/{id}/…` by the last words of the
 * path:
 *
 *   …/echo             what arrived, as JSON         …/status/{code}    that status
 *   …/stream/{key}     "first", and "second" once `…/release/{key}` has been asked for
 *   …/upload/{key}     reads the body; `…/seen/{key}/{n}` answers when n bytes of it have arrived
 *   …/moved            421 at the first server, echo at the second
 *   …/leaky            tries to set a cookie and to open itself to other origins
 *   …/policy/{type}    an answer of that type (json, html) with a policy of its own
 *   …/outdated         503, saying that the claims it was sent are old
 *   …/standing         keeps what was PUT there last, and answers with it
 *   …/silent/{key}     never answers; `…/seen/{key}/0` answers when it has been asked
 *   …/recall, …/seal what was PUT there last, to whoever posts: a cell's signed word to the edge
 *   …/usage            what was PUT there last
 *   /v1/workspaces/{id} 200, or as `absentWorkspace` and `brokenWorkspace` say
 *   …/parked           what was PUT there last
 *   WebSocket          echoes; "close 1012" closes so; "drop" ends without a close frame; "park RUN" parks. What the
 *                      object says first is echoed as "go"; `…/seen/{socket}-{seq}-{code}/0` answers when the
 *                      attachment has been closed with that code
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { absentWorkspace, brokenWorkspace } from './workspaces.ts';

// By require: the bundler that prepares tests for workerd would take the browser's empty stand-in.
const { WebSocketServer } = createRequire(import.meta.url)('ws') as typeof import('ws');

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const servers = [startUpstream(true), startUpstream(false)];
  const urls = await Promise.all(servers.map(({ url }) => url));
  project.provide('upstreams', urls);
  return async () => {
    for (const { stop } of servers) stop();
  };
}

function startUpstream(moved: boolean) {
  const wakers = new Set<() => void>();
  const released = new Set<string>();
  const seenBytes = new Map<string, number>();
  const until = async (met: () => boolean) => {
    while (!met()) await new Promise<void>((resolve) => wakers.add(resolve));
  };
  const changed = () => {
    for (const wake of wakers) wake();
    wakers.clear();
  };

  const answers: Record<
    string,
    (request: IncomingMessage, response: ServerResponse, words: string[]) => unknown
  > = {
    echo: sendEcho,
    status: (_request, response, [code]) => response.writeHead(Number(code)).end('{}'),
    async stream(_request, response, [key]) {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write('first');
      await until(() => released.has(key ?? ''));
      response.end('second');
    },
    release(_request, response, [key]) {
      released.add(key ?? '');
      changed();
      response.end('{}');
    },
    upload(request, response, [key = '']) {
      request.on('data', (chunk: Buffer) => {
        seenBytes.set(key, (seenBytes.get(key) ?? 0) + chunk.length);
        changed();
      });
      request.on('end', () => response.end(JSON.stringify({ bytes: seenBytes.get(key) })));
    },
    async seen(_request, response, [key = '', bytes]) {
      await until(() => (seenBytes.get(key) ?? -1) >= Number(bytes));
      response.end('{}');
    },
    moved: (request, response) =>
      moved
        ? response.writeHead(421, { 'cellbook-job-region': 'elsewhere' }).end('{"epoch":2}')
        : sendEcho(request, response),
    leaky: (_request, response) =>
      response
        .writeHead(200, {
          'set-cookie': 'stolen=1',
          'access-control-allow-origin': 'https://evil.example',
          'cellbook-principal': 'x',
        })
        .end('<script>1</script>'),
    policy: (_request, response, [type]) =>
      response
        .writeHead(200, {
          'content-type': { json: 'application/json', html: 'text/html' }[type ?? ''],
          'content-security-policy': "default-src 'self'",
        })
        .end('{}'),
    silent(_request, _response, [key = '']) {
      seenBytes.set(key, 0);
      changed();
    },
    recall: (request, response) => keep('recall', request, response),
    parked: (request, response) => keep('parked', request, response),
    standing: (request, response) => keep('standing', request, response),
    outdated: (_request, response) => response.writeHead(503, { 'cellbook-outdated': '1' }).end('{}'),
    seal: (request, response) => keep('seal', request, response),
    usage: (request, response) => keep('usage', request, response),
  };
  const words = new Map<string, Buffer>();
  async function keep(name: string, request: IncomingMessage, response: ServerResponse) {
    const body = Buffer.concat(await Array.fromAsync(request, (chunk: Buffer) => chunk));
    if (request.method === 'PUT') words.set(name, body);
    response.writeHead(words.has(name) ? 200 : 404).end(words.get(name));
  }

  const server = createServer((request, response) => {
    const words = (request.url ?? '').split('?')[0]?.split('/').filter(Boolean) ?? [];
    if (words[0] === 'v1' && words[1] === 'workspaces' && words.length === 3) {
      const status = { [absentWorkspace]: 404, [brokenWorkspace]: 500 }[words[2] ?? ''] ?? 200;
      return response.writeHead(status, { 'content-type': 'application/json' }).end('{}');
    }
    const at = words.findIndex((word) => Object.hasOwn(answers, word));
    const answer = answers[words[at] ?? ''];
    if (answer) answer(request, response, words.slice(at + 1));
    else
      response
        .writeHead(404, { 'content-type': 'application/json' })
        .end('{"message":"nothing here","reason":null}');
  });
  const sockets = new WebSocketServer({
    server,
    maxPayload: 64 * 1024 * 1024,
    handleProtocols: (offered) => [...offered][0] ?? false,
  });
  sockets.on('connection', (socket, request) => {
    socket.send(JSON.stringify({ url: request.url, headers: request.headers }));
    const [, name, seq] = String(request.headers['cellbook-parking']).split('/');
    socket.on('close', (code) => {
      seenBytes.set(`${name}-${seq}-${code}`, 0);
      changed();
    });
    socket.on('message', (data, isBinary) => {
      const text = isBinary ? '' : String(data);
      if (text.startsWith('close ')) socket.close(Number(text.slice(6)), 'as told');
      else if (text === 'drop') socket.terminate();
      else if (text.startsWith('park ')) socket.send(`\u0000${text}`);
      else if (text.startsWith('\u0000go ')) socket.send('go');
      else socket.send(data, { binary: isBinary });
    });
  });
  const url = new Promise<string>((resolve) => {
    server.listen(0, '127.0.0.1', () =>
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    );
  });
  return {
    url,
    stop() {
      for (const socket of sockets.clients) socket.terminate();
      server.close();
      server.closeAllConnections();
    },
  };
}

function sendEcho(request: IncomingMessage, response: ServerResponse): void {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const { method, url, headers } = request;
    const body = Buffer.concat(chunks).toString();
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ method, url, headers, body }));
  });
}
