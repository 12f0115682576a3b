/** Nothing is limited and nothing is counted: for simulation, and for describing the API. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { idleRulesOf } from '@cellbook/shared/protocol/quota.ts';
import { unlimited } from './allowance.ts';
import type { WorkspaceQuotas } from './quota-guard.ts';

const cannot = (): CellbookError =>
  new CellbookError('internal', { doing: 'counting quotas', problem: 'nothing is counted here' });

export const noQuotas: WorkspaceQuotas = {
  hear() {},
  toCreate: async () => ({ workspaces: unlimited, running: unlimited }),
  toRun: async () => unlimited,
  idleRules: async ({ tier }) => idleRulesOf(tier, undefined),
  assertFilesFit: async () => {},
  assertOwnerIsThere: async () => {},
  reserveStorage: async () => ({ id: '', release: async () => {} }),
  makeRoomToCreate: async () => Promise.reject(cannot()),
  makeRoomToRun: async () => Promise.reject(cannot()),
  usage: async () => Promise.reject(cannot()),
  usageHere: async () => Promise.reject(cannot()),
};
