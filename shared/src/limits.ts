/**
 * Every limit in one place, with the sum that justifies it. Units are in the names. Grouped by the folder
 * that uses them.
 */
import { cellLimits } from './limits/cell.ts';
import { edgeLimits } from './limits/edge.ts';
import { gatewayLimits } from './limits/gateway.ts';
import { lifecycleLimits } from './limits/lifecycle.ts';
import { sandboxLimits } from './limits/sandbox.ts';
import { standingLimits } from './limits/standing.ts';
import { storageLimits } from './limits/storage.ts';

export const limits = {
  ...sandboxLimits,
  ...lifecycleLimits,
  ...cellLimits,
  ...gatewayLimits,
  ...storageLimits,
  ...edgeLimits,
  ...standingLimits,
} as const;
