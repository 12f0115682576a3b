import { startWithHosts, testCrashes } from './daemon.conformance.ts';

startWithHosts('gvisor');
testCrashes();
