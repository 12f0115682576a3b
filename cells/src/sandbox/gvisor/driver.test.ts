import { describeDriver } from '../driver.conformance.ts';

describeDriver('gvisor');
