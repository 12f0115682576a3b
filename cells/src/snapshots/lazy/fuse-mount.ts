/**
 * A file system whose files are read out of this process: what the kernel asks is heard by a reader (fuse-reader.ts),
 * answers are written from here. It ends with this process, and the file system with it: who still reads gets an error,
 * and is not left waiting. Where nothing is heard any more the device is closed, too.
 *
 *     reader ──▶ kernel ──▶ /dev/fuse ──dd──▶ pipe ──▶ `hear`          answers ──▶ /dev/fuse ──▶ kernel ──▶ reader
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { execute } from '../../sandbox/quota/execute.ts';
import { say } from './fuse-answer.ts';
import { type FuseDevice, OpenDevice } from './fuse-device.ts';
import { FuseReader } from './fuse-reader.ts';
import { errno, type FuseRequest } from './fuse-wire.ts';

export interface FuseMount {
  close(): Promise<void>;
}

const device = '/dev/fuse';
const notMounted = 32;

export interface FuseListener {
  /** Answers are written to the device, by whoever has them: each whole, in one call. */
  hear(request: FuseRequest, device: FuseDevice): void;
  /** Something that was asked has been heard by nobody; whoever waits for it has been given an error. */
  unheard?(): void;
  /** Nothing is heard any more. */
  lost(): void;
}

export async function mountFuse(directory: string, listener: FuseListener): Promise<FuseMount> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const handle = await open(device, 'r+');
  try {
    await mountOn(directory, handle);
    const opened = new OpenDevice(handle);
    const reader = new FuseReader({
      ...{ handle, directory, hear: (request) => listener.hear(request, opened) },
      unheard(unique) {
        say(opened, unique, [], errno.io);
        listener.unheard?.();
      },
      lost() {
        // Reads of it end in errors from now on; the mount itself goes with `close`.
        void opened.close().catch(() => undefined);
        listener.lost();
      },
    });
    return { close: () => close(directory, opened, reader) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function close(directory: string, opened: OpenDevice, reader: FuseReader): Promise<void> {
  // At once, also while a sandbox still reads: with the last descriptor its reads end in an error.
  await execute(['umount', '-l', directory], 'unmounting pages', [0, notMounted]);
  await reader.end();
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
