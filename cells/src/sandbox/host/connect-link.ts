import type { Sandbox } from '../driver.ts';
import { StdioLink } from '../link/stdio-link.ts';
import type { Connect } from './child-driver.ts';

/** The sandbox's link ends in this process. */
export const connectLink: Connect<Sandbox> = (streams, clock, explain, waking) => {
  const link = new StdioLink(streams, clock, waking ? { explain, waking } : { explain });
  return {
    booted: (signal) => link.waitForHello(signal),
    hosted: (sandbox) => ({ ...sandbox, link }),
    onClosed: (listener) => void link.on('closed', listener),
    cut: () => {},
    wake: (signal) => link.resume(signal),
    tell: (restored, signal) => link.tell(restored, signal),
    keepsake: () => link.keepsake(),
    close: () => link.close(),
  };
};
