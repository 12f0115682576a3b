/** The command line of write-config.ts. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { cellIdSchema, regionIdSchema } from '@cellbook/shared/ids.ts';
import { type Cell, cellSchema } from '@cellbook/shared/pins/pins.ts';
import { type Region, regionSchema, regionsSchema } from '@cellbook/shared/protocol/regions.ts';
import { z } from 'zod';

const optionsSchema = z.object({
  home: z.string().transform((path) => resolve(path)),
  port: z.coerce.number().int().min(1).max(65_535),
  region: z.array(z.string()).default(['local']),
  cell: z.array(z.string()).min(1),
  scheduler: z.array(z.string()).default([]),
  lab: z.string().optional(),
  'public-url': z.url().optional(),
  'workspace-domain': z.string().optional(),
  'federation-key': z.string().optional(),
});

export type Options = Omit<z.infer<typeof optionsSchema>, 'region' | 'cell' | 'scheduler'> & {
  regions: Region[];
  cells: Cell[];
  /** GPU schedulers, in the form of CELLBOOK_SCHEDULERS. */
  schedulers: Scheduler[];
};

export function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      home: { type: 'string' },
      port: { type: 'string' },
      region: { type: 'string', multiple: true },
      cell: { type: 'string', multiple: true },
      scheduler: { type: 'string', multiple: true },
      lab: { type: 'string' },
      'public-url': { type: 'string' },
      'workspace-domain': { type: 'string' },
      'federation-key': { type: 'string' },
    },
  });
  const { region, cell, scheduler, ...options } = optionsSchema.parse(values);
  const regions = regionsSchema.parse(region.map(regionOf));
  return {
    ...{ ...options, regions },
    cells: cell.map((text) => cellOf(text, regions)),
    schedulers: scheduler.map((text) => schedulerOf(text, regions)),
  };
}

export interface Scheduler {
  id: string;
  region: string;
  url: string;
}

/** `eu/gpu-eu=http://host:port`. */
function schedulerOf(text: string, regions: readonly Region[]): Scheduler {
  // Written as a cell is, and as strictly.
  const { id, region, url } = cellOf(text, regions);
  return { id, region, url };
}

/** `eu`, `eu=Europe`, `eu=Europe:EU,AF`. */
export function regionOf(text: string): Region {
  const [, id = '', name, continents] = /^([^=]+)(?:=([^:]*)(?::(.*))?)?$/.exec(text) ?? [];
  return regionSchema.parse({ id, name: name || id, continents: continents?.split(',') ?? [] });
}

/** `eu/eu-1=http://host:port`; without a region in front it is one of the first region's. */
export function cellOf(text: string, regions: readonly Region[]): Cell {
  const [, region, id, url] = /^(?:([a-z0-9-]+)\/)?([a-z0-9-]+)=(\S+)$/.exec(text) ?? [];
  const cell = cellSchema.parse({
    id: cellIdSchema.parse(id),
    region: regionIdSchema.parse(region ?? regions[0]?.id),
    url,
  });
  if (!regions.some((known) => known.id === cell.region))
    throw new Error(`cell ${cell.id} is of region ${cell.region}, which no --region names`);
  return cell;
}
