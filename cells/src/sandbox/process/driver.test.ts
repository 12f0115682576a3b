import { describeDriver } from '../driver.conformance.ts';

describeDriver('process');
