/** Expected failures of the gateway, typed and worded once. */
import { CellbookError } from '@cellbook/shared/errors.ts';

/** The text before the id is jupyter_server's own: clients and its tests compare it. */
export function noSuchKernel(kernelId: string): CellbookError {
  return new CellbookError('not_found', {
    doing: 'Kernel does not exist',
    problem: kernelId.slice(0, 100),
    next: 'List the kernels, or start a new one.',
  });
}

export function noSuchSession(sessionId: string): CellbookError {
  return new CellbookError('not_found', {
    doing: 'Session not found',
    problem: `session_id=${sessionId.slice(0, 100)}`,
    next: 'List the sessions, or create one.',
  });
}

export function noSuchTerminal(name: string): CellbookError {
  return new CellbookError('not_found', {
    doing: 'Terminal not found',
    problem: name.slice(0, 100),
    next: 'List the terminals, or open one.',
  });
}

export function noSuchKernelspec(name: string, known: readonly string[]): CellbookError {
  return new CellbookError('unknown_kernelspec', {
    doing: `starting a kernel of kernelspec ${JSON.stringify(name.slice(0, 100))}`,
    problem: `the workspace has no kernelspec of that name; it has ${known.join(', ') || 'none'}`,
    next: 'Pick one of those, or install the kernel in the workspace.',
  });
}

export function tooMany(what: string, max: number): CellbookError {
  return new CellbookError('quota_exceeded', {
    doing: `adding a ${what}`,
    problem: `a workspace has at most ${max} of them`,
    next: 'Shut down some that are no longer needed.',
  });
}

export function noSuchWorkspace(workspaceId: string): CellbookError {
  return new CellbookError('not_found', {
    doing: 'finding a workspace',
    problem: `there is no workspace ${workspaceId.slice(0, 60)}`,
    next: 'List your workspaces.',
  });
}
