import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import type { Logger } from '@cellbook/shared/log.ts';
import type { Random } from '@cellbook/shared/random.ts';
import type { FastifyRequest } from 'fastify';
import type { Findings } from '../findings/findings.ts';
import type { WorkspaceVolumes } from '../storage/workspace-volumes.ts';

export interface ContentsEvent {
  action: 'get' | 'create' | 'save' | 'delete' | 'rename' | 'copy';
  path: string;
  sourcePath?: string;
}

export interface ContentsDeps {
  volumes: Pick<WorkspaceVolumes, 'files'>;
  random: Random;
  log: Logger;
  /** Where the client sees the workspace, with slashes at both ends; `/w/<id>/` unless told otherwise. */
  basePath?(request: FastifyRequest): string;
  /** A path as a kernel would find it, for /api/resolvePath; `unknown` when there is no such kernel. */
  resolveKernelPath?(
    workspaceId: WorkspaceId,
    kernelId: string,
    path: string,
  ): Promise<string | null | 'unknown'>;
  /** Looks at what was saved; absent, nothing is flagged. */
  findings?: Pick<Findings, 'saved' | 'moved'>;
  /** For the workspace's event stream. */
  onEvent?(workspaceId: WorkspaceId, event: ContentsEvent): void;
}
