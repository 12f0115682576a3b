import { describeSnapshots } from '../snapshots.conformance.ts';

describeSnapshots('gvisor');
