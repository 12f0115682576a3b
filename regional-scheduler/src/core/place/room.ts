/** What a job asks of a host, what a host has left, and how the one is taken from the other. Pure. */

/** GPUs are counted in thousandths, so that a share of one and whole ones are of one kind. */
export const wholeGpu = 1000;

export interface Shape {
  cpuMilli: number;
  memoryMib: number;
  /** How many devices, and how much of each: less than a whole one only where it is one device. */
  gpus: number;
  gpuMilli: number;
  /** The GPU models that will do; null when any does. */
  models: readonly string[] | null;
}

export interface Room {
  /** The model of the host's GPUs. */
  model: string;
  cpuMilli: number;
  memoryMib: number;
  /** What is free of each device. */
  freeMilli: readonly number[];
}

export function freeGpuMilli(room: Room): number {
  return room.freeMilli.reduce((sum, free) => sum + free, 0);
}

/**
 * Each way of choosing devices for the shape that leaves another room behind: none when it does not fit, an
 * empty choice for a shape without GPUs.
 */
export function choicesOf(room: Room, shape: Shape): number[][] {
  if (room.cpuMilli < shape.cpuMilli || room.memoryMib < shape.memoryMib) return [];
  if (shape.models && !shape.models.includes(room.model)) return [];
  if (shape.gpus === 0) return [[]];
  const fitting = [...room.freeMilli.keys()].filter((device) => room.freeMilli[device]! >= shape.gpuMilli);
  if (fitting.length < shape.gpus) return [];
  if (shape.gpuMilli === wholeGpu) return [fitting.slice(0, shape.gpus)];
  const first = (device: number) => room.freeMilli.indexOf(room.freeMilli[device]!) === device;
  return fitting.filter(first).map((device) => [device]);
}

export function take(room: Room, shape: Shape, devices: readonly number[]): Room {
  return changed(room, shape, devices, -1);
}

export function giveBack(room: Room, shape: Shape, devices: readonly number[]): Room {
  return changed(room, shape, devices, 1);
}

function changed(room: Room, shape: Shape, devices: readonly number[], sign: 1 | -1): Room {
  return {
    model: room.model,
    cpuMilli: room.cpuMilli + sign * shape.cpuMilli,
    memoryMib: room.memoryMib + sign * shape.memoryMib,
    freeMilli: room.freeMilli.map((free, device) =>
      devices.includes(device) ? free + sign * shape.gpuMilli : free,
    ),
  };
}
