/** What REST does to sessions: a document's path, and the kernel that runs it. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type KernelId, newSessionId, sessionIdSchema } from '@cellbook/shared/ids.ts';
import { limits } from '@cellbook/shared/limits.ts';
import { noSuchKernel, noSuchSession, tooMany } from '../refusals.ts';
import type { SessionRecord } from '../store/kernel-store.ts';
import { findKernel, kernelModel, shutdownKernel, startKernel } from './kernel-service.ts';
import { parentPath } from './paths.ts';
import type { WorkspaceGateway } from './workspace-gateway.ts';

export interface SessionRequest {
  path: string;
  type: string;
  name: string;
  kernelspec: string | null;
  kernelId: string | null;
}

export interface SessionChange {
  path?: string | undefined;
  type?: string | undefined;
  name?: string | undefined;
  kernelspec?: string | null | undefined;
  kernelId?: string | null | undefined;
}

export function sessionModel(workspace: WorkspaceGateway, session: SessionRecord): Record<string, unknown> {
  const kernel = workspace.kernels.get(session.kernelId);
  const { id, path, name, type } = session;
  const model = { id, path, name, type, kernel: kernel ? kernelModel(kernel) : null };
  return type === 'notebook' ? { ...model, notebook: { path, name } } : model;
}

export function listSessions(workspace: WorkspaceGateway): SessionRecord[] {
  return [...workspace.sessions.values()].filter(({ kernelId }) => workspace.kernels.has(kernelId));
}

export function findSession(workspace: WorkspaceGateway, sessionId: string): SessionRecord {
  const parsed = sessionIdSchema.safeParse(sessionId);
  const session = parsed.success ? workspace.sessions.get(parsed.data) : undefined;
  if (!session || !workspace.kernels.has(session.kernelId)) throw noSuchSession(sessionId);
  return session;
}

/** The session of a path; an existing one is given back, so that a second click is harmless. */
export function createSession(workspace: WorkspaceGateway, request: SessionRequest): Promise<SessionRecord> {
  return workspace.sessionFlights.run(request.path, async () => {
    const known = listSessions(workspace).find(({ path }) => path === request.path);
    if (known) return known;
    if (workspace.sessions.size >= limits.gateway.sessionsPerWorkspaceMax)
      throw tooMany('session', limits.gateway.sessionsPerWorkspaceMax);
    const kernelId = await kernelFor(workspace, request);
    const { path, name, type } = request;
    const id = newSessionId(workspace.deps.random);
    const session = {
      id,
      workspaceId: workspace.id,
      kernelId,
      path,
      name,
      type,
      createdMs: workspace.clock.nowMs(),
    };
    await workspace.deps.store.putSession(session);
    workspace.sessions.set(id, session);
    return session;
  });
}

/** Changes what is named. A new kernel replaces the old, which is shut down when no other session uses it. */
export async function changeSession(
  workspace: WorkspaceGateway,
  sessionId: string,
  change: SessionChange,
): Promise<SessionRecord> {
  const asked = findSession(workspace, sessionId);
  const kernelId = await changedKernel(workspace, asked, change);
  // A new kernel takes seconds: what else was changed meanwhile stays, what was deleted stays deleted.
  const before = workspace.sessions.get(asked.id);
  if (!before) {
    if (kernelId !== asked.kernelId && !change.kernelId) await shutdownKernel(workspace, kernelId);
    throw noSuchSession(sessionId);
  }
  const after: SessionRecord = {
    ...before,
    kernelId: kernelId === asked.kernelId ? before.kernelId : kernelId,
    path: change.path ?? before.path,
    name: change.name ?? before.name,
    type: change.type ?? before.type,
  };
  await workspace.deps.store.putSession(after);
  workspace.sessions.set(after.id, after);
  const isUsed = listSessions(workspace).some((session) => session.kernelId === before.kernelId);
  if (!isUsed && workspace.kernels.has(before.kernelId)) await shutdownKernel(workspace, before.kernelId);
  return after;
}

/** Ends a session with its kernel, as jupyter_server does. */
export async function deleteSession(workspace: WorkspaceGateway, sessionId: string): Promise<void> {
  const session = findSession(workspace, sessionId);
  await shutdownKernel(workspace, session.kernelId);
}

async function kernelFor(workspace: WorkspaceGateway, request: SessionRequest): Promise<KernelId> {
  const { kernelId, kernelspec, path } = request;
  const known = [...workspace.kernels.keys()].find((id) => id === kernelId);
  if (known) return known;
  const kernel = await startKernel(workspace, {
    kernelId,
    kernelspec,
    directory: parentPath(path),
    sessionPath: path,
  });
  return kernel.id;
}

/** A kernel's id takes precedence over a kernelspec's name. */
async function changedKernel(
  workspace: WorkspaceGateway,
  before: SessionRecord,
  change: SessionChange,
): Promise<KernelId> {
  if (change.kernelId) return existingKernel(workspace, change.kernelId);
  if (!change.kernelspec) return before.kernelId;
  const path = change.path ?? before.path;
  const kernel = await startKernel(workspace, {
    kernelspec: change.kernelspec,
    directory: parentPath(path),
    sessionPath: path,
  });
  return kernel.id;
}

/** In a body an unknown kernel is the client's mistake (400), not a missing page. */
function existingKernel(workspace: WorkspaceGateway, kernelId: string): KernelId {
  try {
    return findKernel(workspace, kernelId).id;
  } catch {
    const { problem } = noSuchKernel(kernelId);
    throw new CellbookError('bad_request', {
      doing: 'changing a session',
      problem: `No such kernel: ${problem}`,
      next: 'Name a kernel of the list, or a kernelspec for a new one.',
    });
  }
}
