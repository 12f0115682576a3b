/** Flagging of saved files: the thread that scans, the marks, and the workspaces whose marks go with them. */
import type { CellTools } from '../cell.ts';
import type { FindingStore } from '../findings/finding-store.ts';
import { Findings } from '../findings/findings.ts';
import { createPostgresFindingStore } from '../findings/postgres-finding-store.ts';
import { createScanner } from '../findings/scanner.ts';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { CellStores } from './store-part.ts';

export interface FindingPart {
  findings: Findings;
  store: FindingStore;
  close(): Promise<void>;
}

export function openFindings(tools: CellTools, { database }: CellStores, lifecycle: Lifecycle): FindingPart {
  const store = createPostgresFindingStore(database);
  const scanner = createScanner(tools.clock);
  lifecycle.addListener({
    onRunning: async () => {},
    onSuspending: async () => {},
    onSlept: () => {},
    onStopped: () => {},
    isBusy: () => false,
    onDeleted: (workspaceId) => store.forgetWorkspace(workspaceId),
  });
  return { findings: new Findings({ ...tools, scanner, store }), store, close: () => scanner.close() };
}
