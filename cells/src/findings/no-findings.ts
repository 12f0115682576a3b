/** For a server that flags nothing, and where only the routes' shapes are asked for. */
import type { FindingRouteDeps } from './finding-routes.ts';

export const withoutFindings: FindingRouteDeps = {
  store: { list: async () => [] },
  volumes: { files: () => Promise.reject(new Error('nothing is flagged, so no file is looked for')) },
};
