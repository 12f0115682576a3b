import type { HostedSandbox } from '../../sandbox/driver.ts';
import type { Connect } from '../../sandbox/host/child-driver.ts';
import { SupervisorPort } from './supervisor-port.ts';

/** A sandbox whose link ends in a controller elsewhere. */
export interface PortedSandbox extends HostedSandbox {
  readonly port: SupervisorPort;
}

export const connectPort: Connect<PortedSandbox> = (streams, _clock, explain, waking) => {
  const port = new SupervisorPort(streams, explain, waking);
  return {
    booted: (signal) => port.booted(signal),
    hosted: (sandbox) => {
      void sandbox.exited.then((exit) => port.finish(exit));
      return { ...sandbox, port };
    },
    cut: () => port.cut(),
    wake: (signal) => port.wake(signal),
    tell: (restored, signal) => port.tell(restored, signal),
    keepsake: () => port.keepsake(),
    onClosed: (listener) => port.onClosed(listener),
    close: () => port.close(),
  };
};
