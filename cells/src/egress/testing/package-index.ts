/** For tests: a package index (PEP 503) with one package, served over HTTP; the wheel is made here. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface PackageIndex {
  port: number;
  requests: string[];
  close(): Promise<void>;
}

const wheelName = 'cellbook_probe-1.2.3-py3-none-any.whl';

const makeWheel = `
import sys, zipfile
info = "cellbook_probe-1.2.3.dist-info/"
files = {
    "cellbook_probe.py": "ANSWER = 42\\n",
    info + "METADATA": "Metadata-Version: 2.1\\nName: cellbook-probe\\nVersion: 1.2.3\\n",
    info + "WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
}
files[info + "RECORD"] = "".join("%s,,\\n" % name for name in [*files, info + "RECORD"])
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    for name, text in files.items():
        wheel.writestr(name, text)
`;

export async function startPackageIndex(): Promise<PackageIndex> {
  const directory = await mkdtemp(join(tmpdir(), 'cellbook-index-'));
  const path = join(directory, wheelName);
  execFileSync('python3', ['-c', makeWheel, path]);
  const wheel = await readFile(path);
  await rm(directory, { recursive: true });
  const requests: string[] = [];
  const server = createServer(({ url = '' }, answer) => {
    requests.push(url);
    if (url === '/simple/cellbook-probe/')
      answer.setHeader('content-type', 'text/html').end(`<a href="/files/${wheelName}">${wheelName}</a>`);
    else if (url === `/files/${wheelName}`) answer.end(wheel);
    // Never ends: for what is cut off in the middle.
    else if (url === '/endless') answer.write('begun');
    else answer.writeHead(404).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    ...{ port, requests },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
