/**
 * What a controller notes with a sandbox about its kernels' clients and requests, so that the next controller,
 * which takes the running kernel over, can route what it says: who asked, which tab is owed what it missed,
 * and which cell of a notebook a request's outputs belong to. Written as they come, read once.
 */
import type { KernelId } from '@cellbook/shared/ids.ts';
import { z } from 'zod';
import type { PendingRequest } from '../channel/request-routes.ts';

export interface NotedCell {
  cellId: string;
  source: string;
  /** True once its outputs so far have been written into the notebook. */
  isWritten: boolean;
}

export interface NotedRequest {
  msgId: string;
  request: PendingRequest;
  cell: NotedCell | null;
}

const requestSchema = z.object({
  sessionId: z.string(),
  channel: z.enum(['shell', 'control', 'stdin', 'iopub']),
  msgType: z.string(),
  header: z.string(),
  cell: z.object({ cellId: z.string(), source: z.string(), isWritten: z.boolean() }).nullable(),
});

export const requestNote = (kernelId: KernelId, msgId: string): string => `request/${kernelId}/${msgId}`;
export const clientNote = (kernelId: KernelId, sessionId: string): string =>
  `client/${kernelId}/${sessionId}`;

export function describeRequest(
  { sessionId, channel, msgType, headerBytes }: PendingRequest,
  cell: NotedCell | null,
): z.infer<typeof requestSchema> {
  return { sessionId, channel, msgType, header: headerBytes.toString(), cell };
}

/** In the order they were noted; what does not parse is left out. */
export function requestsOf(notes: ReadonlyMap<string, unknown>, kernelId: KernelId): NotedRequest[] {
  const prefix = requestNote(kernelId, '');
  return [...notes].flatMap(([key, value]) => {
    const parsed = requestSchema.safeParse(value);
    if (!key.startsWith(prefix) || !parsed.success) return [];
    const { header, cell, ...request } = parsed.data;
    const headerBytes = Buffer.from(header);
    return [{ msgId: key.slice(prefix.length), request: { ...request, headerBytes }, cell }];
  });
}

export function clientsOf(notes: ReadonlyMap<string, unknown>, kernelId: KernelId): string[] {
  const prefix = clientNote(kernelId, '');
  return [...notes.keys()].flatMap((key) => (key.startsWith(prefix) ? [key.slice(prefix.length)] : []));
}
