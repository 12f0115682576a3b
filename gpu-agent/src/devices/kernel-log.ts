/** The kernel's log as it grows. Not every agent may read it: then nothing is known from it, and that is said once. */
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { limits } from '@cellbook/shared/limits.ts';

export interface KernelLog {
  /** What came since it was last read. */
  read(): string;
  close(): void;
}

const recordBytes = 8_192;

export function openKernelLog(path = '/dev/kmsg'): KernelLog | null {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return { read: () => readAll(file), close: () => closeSync(file) };
  } catch {
    return null;
  }
}

function readAll(file: number): string {
  const record = Buffer.alloc(recordBytes);
  let text = '';
  while (text.length < limits.gpuAgent.devices.kernelLogBytesMax) {
    const read = readRecord(file, record);
    if (read === null) break;
    text += `${record.toString('utf8', 0, read)}\n`;
  }
  return text;
}

/** Null at the end. A record that was overwritten before it was read (EPIPE) is skipped. */
function readRecord(file: number, record: Buffer): number | null {
  try {
    return readSync(file, record) || null;
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown && thrown.code === 'EPIPE' ? 0 : null;
  }
}
