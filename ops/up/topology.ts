/**
 * Which cells run on this machine, written as `eu=eu-1,eu-2;us=us-1,us-2`: regions with their cells. The first
 * region named is where people come to live who choose none at their first sign-in.
 */
import { type CellId, cellIdSchema, type RegionId, regionIdSchema } from '@cellbook/shared/ids.ts';
import { z } from 'zod';

export interface CellPlace {
  cellId: CellId;
  regionId: RegionId;
}

/** Four times the default; each takes a Postgres, a Redis and a controller, about 250 MiB in all. */
const cellsMax = 16;

export const defaultTopology = 'eu=eu-1,eu-2;us=us-1,us-2';

export const topologySchema = z
  .string()
  .transform((text, context) => {
    const regions = text.split(';').filter((part) => part.trim() !== '');
    return regions.flatMap((part) => {
      const [region = '', cells = '', ...more] = part.split('=');
      if (more.length > 0 || cells.trim() === '') context.addIssue(`“${part}” is not <region>=<cell>,<cell>`);
      return cells.split(',').map((cell) => ({ cellId: cell.trim(), regionId: region.trim() }));
    });
  })
  .pipe(
    z
      .array(z.object({ cellId: cellIdSchema, regionId: regionIdSchema }))
      .min(1)
      .max(cellsMax),
  )
  .refine(
    (cells) => new Set(cells.map((cell) => cell.cellId)).size === cells.length,
    'a cell is named twice',
  );

/** As it is written: `eu=eu-1,eu-2;us=us-1`. */
export function formatTopology(cells: readonly CellPlace[]): string {
  const regions = [...new Set(cells.map((cell) => cell.regionId))];
  const cellsOf = (region: RegionId) => cells.filter((cell) => cell.regionId === region);
  return regions
    .map(
      (region) =>
        `${region}=${cellsOf(region)
          .map((cell) => cell.cellId)
          .join(',')}`,
    )
    .join(';');
}
