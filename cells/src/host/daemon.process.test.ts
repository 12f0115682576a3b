import { startWithHosts, testCrashes, testTheRest } from './daemon.conformance.ts';

startWithHosts('process');
testCrashes();
testTheRest();
