import { describeGateway } from './real-kernels.conformance.ts';

describeGateway('process');
