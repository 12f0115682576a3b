/** All dashboards, and how Grafana reads them. */
import type { Board } from './boards/board.ts';
import { debug } from './boards/debug.ts';
import { executive } from './boards/executive.ts';
import { grafana } from './boards/grafana.ts';
import { onCall } from './boards/on-call.ts';

export const boards: readonly Board[] = [executive, onCall, debug];

/** By file in `dashboards/`. */
export const boardFiles = () =>
  Object.fromEntries(boards.map((board) => [`${board.name}.json`, grafana(board)]));

export const expressionsOf = ({ rows }: Board): string[] =>
  rows.flatMap(({ panels }) => panels.flatMap(({ lines }) => Object.values(lines)));
