import type { Inherited, SupervisorLink } from '../../sandbox/link/supervisor-link.ts';

const nothingRan: Inherited = { kernels: [], terminals: [], notes: new Map() };

/** The lifecycle gives secrets to what is inside and stops it before it is frozen; it says nothing else to it. */
export const simulatedLink = (isInherited: boolean): SupervisorLink =>
  new Proxy({} as SupervisorLink, {
    get(_target, property) {
      if (property === 'setEnvironment' || property === 'quiesce') return async () => {};
      if (property === 'inherited') return isInherited ? nothingRan : null;
      throw new Error(`a simulated sandbox has no supervisor for ${String(property)}`);
    },
  });
