/**
 * A file system whose files are read out of this process. `dd` waits in our place for what the kernel asks, since
 * reading that device waits in a way that nothing here can end, and hands it on through a pipe; answers are written
 * from here. It ends with this process, and the file system with it: who still reads gets an error, and is not left
 * waiting. Where `dd` ends otherwise, nobody would hear the kernel any more: the device is closed then, too.
 *
 *     reader ──▶ kernel ──▶ /dev/fuse ──dd──▶ pipe ──▶ `hear`          answers ──▶ /dev/fuse ──▶ kernel ──▶ reader
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { execute } from '../../sandbox/quota/execute.ts';
import { type FuseDevice, OpenDevice } from './fuse-device.ts';
import { type FuseRequest, FuseSplitter } from './fuse-wire.ts';

export interface FuseMount {
  close(): Promise<void>;
}

/** As much as the kernel says at once: a message of ours has no data in it. */
const messageBytesMax = 64 * 1024;
const device = '/dev/fuse';
const notMounted = 32;

/** Answers are written to the device, by whoever has them: each whole, in one call. `lost`: nothing is heard any more. */
export async function mountFuse(
  directory: string,
  hear: (request: FuseRequest, device: FuseDevice) => void,
  lost: () => void = () => undefined,
): Promise<FuseMount> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const handle = await open(device, 'r+');
  try {
    await mountOn(directory, handle);
    const opened = new OpenDevice(handle);
    const reader = readOn(handle, (request) => hear(request, opened));
    let isClosing = false;
    const onEnd = () => {
      if (isClosing) return;
      // Reads of it end in errors from now on; the mount itself goes with `close`.
      void opened.close().catch(() => undefined);
      lost();
    };
    reader.once('exit', onEnd).once('error', onEnd);
    return {
      close() {
        isClosing = true;
        return close(directory, opened, reader);
      },
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function close(directory: string, opened: OpenDevice, reader: ChildProcess): Promise<void> {
  // At once, also while a sandbox still reads: with the last descriptor its reads end in an error.
  await execute(['umount', '-l', directory], 'unmounting pages', [0, notMounted]);
  const ended = once(reader, 'exit');
  if (reader.kill('SIGKILL')) await ended;
  await opened.close();
}

async function mountOn(directory: string, handle: FileHandle): Promise<void> {
  const options = 'fd=3,rootmode=40500,user_id=0,group_id=0,allow_other,ro,nosuid,nodev,noexec';
  const argv = ['-i', '-t', 'fuse', '-o', options, 'cellbook-pages', directory];
  const mount = spawn('mount', argv, { stdio: ['ignore', 'ignore', 'pipe', handle.fd] });
  let said = '';
  mount.stderr?.on('data', (text: Buffer) => {
    said += text.toString();
  });
  const [code] = await once(mount, 'close');
  if (code !== 0) throw new Error(`mounting pages failed: ${said.trim() || code}`);
}

function readOn(handle: FileHandle, hear: (request: FuseRequest) => void): ChildProcess {
  const copy = ['dd', `bs=${messageBytesMax}`, 'status=none'];
  const reader = spawn('setpriv', ['--pdeathsig', 'KILL', ...copy], {
    stdio: [handle.fd, 'pipe', 'ignore'],
  });
  const splitter = new FuseSplitter();
  const output: Readable | null = reader.stdout;
  output?.on('data', (chunk: Buffer) => {
    try {
      splitter.push(chunk, hear);
    } catch {
      reader.kill('SIGKILL');
    }
  });
  reader.once('error', () => output?.destroy());
  return reader;
}
