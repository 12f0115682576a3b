/** For a server without files, and where only the routes' shapes are asked for. */
import type { EnvironmentRouteDeps } from './environment-routes.ts';

export const withoutEnvironments: EnvironmentRouteDeps = {
  store: { read: async () => null },
  volumes: { resetEnvironment: async () => {} },
};
