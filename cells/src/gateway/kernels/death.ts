/** Why a kernel is gone, in words for the person whose cell it was. Out of memory is always said by name. */
import type { SandboxExit } from '../../sandbox/driver.ts';
import type { KernelExit } from '../../sandbox/link/supervisor-link.ts';

export interface Death {
  /** Shown as the error's name in the cell. */
  name: string;
  /** One or two sentences. */
  text: string;
}

export function explainKernelExit(exit: KernelExit | undefined): Death {
  if (exit?.reason === 'out_of_memory')
    return outOfMemory(exit.memoryBytesMax, ` (the kernel held ${inWords(exit.residentBytes)})`);
  if (exit?.reason === 'exited') {
    const how = exit.signal === null ? `with code ${exit.exitCode ?? 'unknown'}` : `by signal ${exit.signal}`;
    return {
      name: 'KernelDied',
      text: `The kernel’s process ended ${how}; its variables are lost. It starts again when a cell is run.`,
    };
  }
  return {
    name: 'KernelDied',
    text: 'The kernel ended; its variables are lost. It starts again when a cell is run.',
  };
}

/** It was suspended with its memory, which could not be brought back. */
export function explainLostMemory(why: string | undefined): Death {
  const because = why === undefined ? '' : ` (${why})`;
  return {
    name: 'MemoryNotRestored',
    text:
      `The workspace was suspended, and its memory could not be brought back${because}; files are kept, variables ` +
      'are lost. The kernel starts again when a cell is run.',
  };
}

export function explainSandboxExit(exit: SandboxExit): Death {
  switch (exit.reason) {
    case 'out_of_memory':
      return {
        name: 'OutOfMemory',
        text:
          `Out of memory: the workspace’s limit of ${inWords(exit.memoryBytesMax)} was exceeded so fast that all of its ` +
          'kernels were stopped. Their variables are lost, files are not. Use less memory at a time; a kernel starts again when a cell is run.',
      };
    case 'crashed':
      return {
        name: 'SandboxDied',
        text: 'The workspace’s sandbox ended unexpectedly; files are kept, variables are lost. It starts again when a cell is run.',
      };
    case 'files_lost':
      return {
        name: 'SandboxDied',
        text: 'The workspace’s files could no longer be read on its host, so its sandbox was ended; files are kept, variables are lost. It starts again when a cell is run.',
      };
    case 'stopped':
      return {
        name: 'WorkspaceStopped',
        text: 'The workspace was stopped; files are kept, variables are lost.',
      };
  }
}

function outOfMemory(memoryBytesMax: number, detail: string): Death {
  return {
    name: 'OutOfMemory',
    text:
      `Out of memory: the workspace’s limit of ${inWords(memoryBytesMax)} was reached${detail} and the kernel was stopped. ` +
      'Its variables are lost, files and other kernels are not. Use less memory at a time; the kernel starts again when a cell is run.',
  };
}

export function inWords(bytes: number): string {
  const gibibytes = bytes / 2 ** 30;
  return gibibytes >= 1 ? `${gibibytes.toFixed(1)} GiB` : `${Math.round(bytes / 2 ** 20)} MiB`;
}

/** Of a suspend that keeps no memory: for what ran, and for what was still to run. */
export const suspended = {
  meanwhile: { name: 'WorkspaceSuspended', text: 'The workspace was suspended while this ran.' },
  before: {
    name: 'WorkspaceSuspended',
    text: 'It has not run: the workspace was suspended, and its variables are not kept. Run it again.',
  },
} satisfies Record<string, Death>;
