/** All dashboards, and how Grafana reads them. */
import type { Board } from './boards/board.ts';
import { debug } from './boards/debug.ts';
import { executive } from './boards/executive.ts';
import { grafana } from './boards/grafana.ts';
import { onCall } from './boards/on-call.ts';
import { gpuDebug } from './gpu/debug.ts';
import { gpuExecutive } from './gpu/executive.ts';
import { gpuOnCall } from './gpu/on-call.ts';

/** Of edge, cells and hosts; of GPU regions. */
export const boards: readonly Board[] = [executive, onCall, debug];
export const gpuBoards: readonly Board[] = [gpuExecutive, gpuOnCall, gpuDebug];
export const allBoards: readonly Board[] = [...boards, ...gpuBoards];

/** By file in `dashboards/`. */
export const boardFiles = () =>
  Object.fromEntries(allBoards.map((board) => [`${board.name}.json`, grafana(board)]));

export const expressionsOf = ({ rows }: Board): string[] =>
  rows.flatMap(({ panels }) => panels.flatMap(({ lines }) => Object.values(lines)));
