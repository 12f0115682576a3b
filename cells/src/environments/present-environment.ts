import type { EnvironmentView } from '@cellbook/shared/protocol/environment-api.ts';
import type { Environment } from './environment-store.ts';

/** As the API shows it; null: nothing was ever installed. */
export function presentEnvironment(found: Environment | null): EnvironmentView {
  if (found === null) return nothing;
  const { state, problem, layer, previous } = found;
  const { root, files, bytes, packages, storedAtMs } = layer;
  return {
    ...{ digest: root, state, problem, files, bytes, packages, storedAt: time(storedAtMs) },
    previous: previous && {
      ...{ digest: previous.root, packages: previous.packages.length },
      storedAt: time(previous.storedAtMs),
    },
  };
}

const time = (ms: number): string => new Date(ms).toISOString();

const nothing: EnvironmentView = {
  ...{ digest: null, state: 'ready', problem: null, files: 0, bytes: 0, packages: [] },
  ...{ storedAt: null, previous: null },
};
