/**
 * Boards as Grafana imports them (schema 39, Grafana 10.4 and later): three panels a row, of a source it asks for.
 * Grafana's own types say what may stand where.
 */
import type { Dashboard, Panel as GrafanaPanel, RowPanel } from '@grafana/schema';
import type { Board, Panel } from './board.ts';

/** Its panels are always there. */
export interface DashboardOfPanels extends Dashboard {
  panels: Array<GrafanaPanel | RowPanel>;
}

type Place = NonNullable<GrafanaPanel['gridPos']>;

const columns = 24;
const width = 8;
const height = 8;
const source = { type: 'prometheus', uid: '$source' };

export function grafana({ name, title, rows }: Board): DashboardOfPanels {
  let y = 0;
  let id = 0;
  const panels = rows.flatMap((row): Array<GrafanaPanel | RowPanel> => {
    const head: RowPanel = {
      id: ++id,
      type: 'row',
      title: row.title,
      collapsed: false,
      panels: [],
      gridPos: at(0, y++, columns, 1),
    };
    const below = row.panels.map((panel, index) => {
      const x = (index * width) % columns;
      return drawn(panel, ++id, at(x, y + Math.floor((index * width) / columns) * height, width, height));
    });
    y += Math.ceil((row.panels.length * width) / columns) * height;
    return [head, ...below];
  });
  return {
    uid: `cellbook-${name}`,
    title,
    tags: ['cellbook'],
    schemaVersion: 39,
    editable: true,
    refresh: '30s',
    time: { from: 'now-6h', to: 'now' },
    timezone: 'browser',
    templating: { list: [{ name: 'source', label: 'Prometheus', type: 'datasource', query: 'prometheus' }] },
    panels,
  };
}

const at = (x: number, y: number, w: number, h: number): Place => ({ x, y, w, h });

function drawn({ title, about, unit, isStat, lines }: Panel, id: number, gridPos: Place): GrafanaPanel {
  return {
    id,
    type: isStat ? 'stat' : 'timeseries',
    title,
    description: about,
    gridPos,
    datasource: source,
    fieldConfig: {
      defaults: { unit, ...(unit === 'percentunit' ? { decimals: 2 } : { min: 0 }) },
      overrides: [],
    },
    targets: Object.entries(lines).map(([legendFormat, expr], index) => ({
      ...{ refId: String.fromCharCode(65 + index), datasource: source, expr, legendFormat },
      ...(isStat && { instant: true }),
    })),
  };
}
