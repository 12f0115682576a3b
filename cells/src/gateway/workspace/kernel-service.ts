/** What REST does to kernels. Each call gives the model as jupyter_server shows it. */
import { type DeadlineDetails, withDeadline } from '@cellbook/shared/deadline.ts';
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type KernelId, kernelIdSchema, newKernelId } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { Kernel } from '../kernels/kernel.ts';
import { noSuchKernel, tooMany } from '../refusals.ts';
import { directoryPath } from './paths.ts';
import type { WorkspaceGateway } from './workspace-gateway.ts';

export interface KernelModel {
  id: string;
  name: string;
  last_activity: string;
  execution_state: string;
  connections: number;
  /** Why it ended unexpectedly. */
  reason?: string;
}

export interface KernelRequest {
  kernelspec?: string | null | undefined;
  /** Directory it starts in. */
  directory?: string | null | undefined;
  /** An id of the client's choosing; anything but a UUID is not honoured and a new one is drawn. */
  kernelId?: string | null | undefined;
  /** The path of the session it is started for. */
  sessionPath?: string;
}

export function kernelModel(kernel: Kernel): KernelModel {
  const { record } = kernel;
  return {
    id: record.id,
    name: record.kernelspec,
    last_activity: new Date(record.lastActivityMs).toISOString(),
    execution_state: kernel.state,
    connections: kernel.channel.connections,
    ...(record.reason === null ? {} : { reason: record.reason }),
  };
}

export function findKernel(workspace: WorkspaceGateway, kernelId: string): Kernel {
  const parsed = kernelIdSchema.safeParse(kernelId);
  const kernel = parsed.success ? workspace.kernels.get(parsed.data) : undefined;
  if (!kernel) throw noSuchKernel(kernelId);
  return kernel;
}

/** Starts a kernel and resolves when it answers; a failed start leaves nothing behind. */
export async function startKernel(workspace: WorkspaceGateway, request: KernelRequest): Promise<Kernel> {
  const id = idFor(workspace, request.kernelId);
  const kernelspec = await workspace.kernelspecs.resolve(request.kernelspec);
  if (workspace.kernels.has(id)) throw duplicate(id);
  if (workspace.kernels.size >= limits.gateway.kernelsPerWorkspaceMax)
    throw tooMany('kernel', limits.gateway.kernelsPerWorkspaceMax);
  const nowMs = workspace.clock.nowMs();
  const directory = directoryPath(request.directory);
  const kernel = new Kernel(
    {
      id,
      workspaceId: workspace.id,
      kernelspec,
      directory,
      kernelInfo: null,
      reason: null,
      createdMs: nowMs,
      lastActivityMs: nowMs,
    },
    workspace,
  );
  workspace.kernels.set(id, kernel);
  if (request.sessionPath !== undefined) workspace.pathsOfStarting.set(id, request.sessionPath);
  try {
    // Recorded before it is started: a cell that stops in between finds a kernel that starts on first use.
    await workspace.deps.store.putKernel(kernel.record);
    await withDeadline(workspace.clock, limits.gateway.workRequestMsMax, tooSlow(id), () =>
      kernel.ensureStarted(),
    );
    return kernel;
  } catch (thrown) {
    workspace.kernels.delete(id);
    // One that comes up after all has nobody: it is stopped as soon as it does.
    void kernel.shutdown();
    await workspace.saved;
    await workspace.deps.store.deleteKernel(workspace.id, id);
    throw thrown;
  } finally {
    workspace.pathsOfStarting.delete(id);
    workspace.touch();
  }
}

/** Stops a kernel and forgets it with its sessions; a parked one without waking anything. */
export async function shutdownKernel(workspace: WorkspaceGateway, kernelId: string): Promise<void> {
  const kernel = findKernel(workspace, kernelId);
  workspace.kernels.delete(kernel.id);
  try {
    await workspace.saved;
    await workspace.deps.store.deleteKernel(workspace.id, kernel.id);
  } catch (thrown) {
    workspace.kernels.set(kernel.id, kernel);
    throw thrown;
  }
  for (const session of [...workspace.sessions.values()])
    if (session.kernelId === kernel.id) workspace.sessions.delete(session.id);
  await kernel.shutdown();
  workspace.touch();
}

function idFor(workspace: WorkspaceGateway, asked: string | null | undefined): KernelId {
  const parsed = kernelIdSchema.safeParse(asked);
  if (!parsed.success) return newKernelId(workspace.deps.random);
  if (workspace.kernels.has(parsed.data)) throw duplicate(parsed.data);
  return parsed.data;
}

function tooSlow(kernelId: KernelId): DeadlineDetails {
  return {
    code: 'resume_timeout',
    doing: 'starting a kernel',
    next: 'The workspace may be busy; try again in a few seconds.',
    ids: { kernelId },
  };
}

function duplicate(kernelId: KernelId): CellbookError {
  return new CellbookError('already_exists', {
    doing: 'starting a kernel',
    problem: `Kernel already exists: ${kernelId}`,
    next: 'Use it, or ask for one under another id.',
    ids: { kernelId },
  });
}
