/** What a save's answer says of credentials in what was saved: a header always, a field where there are any. */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { type Finding, findingsHeader } from '@cellbook/shared/protocol/findings-api.ts';
import type { FastifyReply } from 'fastify';
import type { Verdict } from '../findings/findings.ts';
import type { TreePath } from '../storage/file-tree.ts';
import { apiPath } from './api-path.ts';
import type { ContentsDeps } from './contents-deps.ts';
import type { Model } from './model.ts';

export interface FlagSaves {
  /** Begins to look at a file that was written. */
  written(path: TreePath, bytes: Uint8Array): void;
  /** Adds to the answer what is known by now; waits for it no longer than the service does. */
  flag(reply: FastifyReply, model: Model): Promise<Model>;
}

export function flagSaves(findings: ContentsDeps['findings'], workspaceId: WorkspaceId): FlagSaves {
  const looks: Promise<Verdict>[] = [];
  return {
    written(path, bytes) {
      if (findings) looks.push(findings.saved(workspaceId, { path: apiPath(path), bytes }));
    },
    async flag(reply, model) {
      const verdicts = await Promise.all(looks);
      const [verdict] = verdicts;
      if (verdict === undefined) return model;
      const found: Finding[] = verdicts.flatMap((one) => (one.state === 'scanned' ? one.findings : []));
      reply.header(findingsHeader, verdict.state === 'scanned' ? String(found.length) : verdict.state);
      return found.length === 0 ? model : { ...model, cellbook_findings: found };
    },
  };
}
