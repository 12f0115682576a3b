/** The page of JupyterLab: the bundle's own file list, around the workspace it is for. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { z } from 'zod';
import { type LabAssets, type LabPlace, labPage, labPageHeaders } from '../lab/src/page.ts';
import type { Ask } from './ask.ts';
import { asset } from './assets.ts';

const labAssetsSchema = z.object({
  version: z.string(),
  scripts: z.array(z.string()),
  styles: z.array(z.string()),
});
/** By version, whose files never change. A deploy brings one more. */
const known = new Map<string, LabAssets>();

export async function lab(ask: Ask, workspaceId: WorkspaceId, place: LabPlace): Promise<Response> {
  const consoleUrl = new URL('/', ask.edge.config.CELLBOOK_PUBLIC_URL).href;
  const html = labPage({ assets: await labAssets(ask), place, workspaceId, consoleUrl });
  return new Response(html, { headers: labPageHeaders });
}

async function labAssets(ask: Ask): Promise<LabAssets> {
  const version = ask.edge.config.CELLBOOK_LAB_VERSION;
  if (!version) throw notBuilt();
  const held = known.get(version);
  if (held) return held;
  const file = await asset({ ...ask, request: new Request(ask.url) }, `/static/lab/${version}/lab.json`);
  const assets = labAssetsSchema.parse(await file.json());
  known.set(version, assets);
  return assets;
}

function notBuilt(): CellbookError {
  return new CellbookError('not_implemented', {
    doing: 'opening JupyterLab',
    problem: 'this edge was started without a build of it',
    next: 'Jupyter clients work all the same; the operator can give the build with --lab.',
  });
}
