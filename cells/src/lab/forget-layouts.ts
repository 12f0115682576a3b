/** When a workspace is deleted for good, its layouts go with it. Settings are the user's and stay. */
import type { RuntimeListener } from '../lifecycle/runtime.ts';
import type { LabStore } from './lab-store.ts';

export function forgetLayouts(store: LabStore): RuntimeListener {
  return {
    onRunning: async () => {},
    onSuspending: async () => {},
    onSlept: () => {},
    onStopped: () => {},
    isBusy: () => false,
    onDeleted: (workspaceId) => store.forgetWorkspace(workspaceId),
  };
}
