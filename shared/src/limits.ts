/**
 * Every limit in one place, with the sum that justifies it. Units are in the names. Grouped by the folder
 * that uses them.
 */
import { capacityLimits } from './limits/capacity.ts';
import { cellLimits } from './limits/cell.ts';
import { certificateLimits } from './limits/certificates.ts';
import { edgeLimits } from './limits/edge.ts';
import { egressLimits } from './limits/egress.ts';
import { environmentLimits } from './limits/environments.ts';
import { federationLimits } from './limits/federation.ts';
import { gatewayLimits } from './limits/gateway.ts';
import { gpuAgentLimits } from './limits/gpu-agent.ts';
import { jobLimits } from './limits/jobs.ts';
import { ladderLimits } from './limits/ladder.ts';
import { lifecycleLimits } from './limits/lifecycle.ts';
import { parkingLimits } from './limits/parking.ts';
import { poolLimits } from './limits/pool.ts';
import { sandboxLimits } from './limits/sandbox.ts';
import { schedulerLimits } from './limits/scheduler.ts';
import { snapshotLimits } from './limits/snapshots.ts';
import { standingLimits } from './limits/standing.ts';
import { storageLimits } from './limits/storage.ts';
import { usageLimits } from './limits/usage.ts';

export const limits = {
  ...sandboxLimits,
  ...lifecycleLimits,
  ...ladderLimits,
  ...snapshotLimits,
  ...poolLimits,
  ...cellLimits,
  ...gatewayLimits,
  ...storageLimits,
  ...edgeLimits,
  ...standingLimits,
  ...parkingLimits,
  ...certificateLimits,
  ...egressLimits,
  ...usageLimits,
  ...capacityLimits,
  ...environmentLimits,
  ...federationLimits,
  ...jobLimits,
  ...schedulerLimits,
  ...gpuAgentLimits,
} as const;
