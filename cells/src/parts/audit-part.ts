/** The cell's own audit log. Its key lies in a file of the cell; its checkpoints among the region's objects. */
import { join } from 'node:path';
import type { Metrics } from '@cellbook/shared/metrics.ts';
import { type AuditPart, openAudit } from '../audit/open-audit.ts';
import type { CellTools } from '../cell.ts';
import type { CellConfig } from '../config.ts';
import { openObjectStore } from '../storage/objects/open-object-store.ts';
import type { CellStores } from './store-part.ts';

export function openCellAudit(
  config: CellConfig,
  tools: CellTools,
  { api: { database } }: CellStores,
  metrics: Metrics,
): Promise<AuditPart> {
  return openAudit({
    ...tools,
    ...{ database, metrics },
    objects: openObjectStore(config.objects, tools),
    chain: `cell-${config.cellId}`,
    instance: config.controllerId,
    retentionDaysMin: config.auditRetentionDaysMin,
    removesOnlyExported: config.auditRemovesOnlyExported,
    keyFile: config.auditKeyFile ?? join(config.dataDirectory, 'audit-key.json'),
  });
}
