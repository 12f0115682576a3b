/**
 * A part of a snapshot as bytes. What is few is JSON; columns of numbers follow it as they lie in memory (least byte
 * first, as every machine that this runs on has them), each beginning at a multiple of eight:
 *
 *     bytes of JSON (uint32) │ jobs (uint32) │ JSON, filled up │ column │ column │ …
 */
import type { JobId } from '@cellbook/shared/ids.ts';
import type { DumpPart } from '../dump-state.ts';
import { type ColumnName, type Columns, columnTypes } from './jobs.ts';

const headBytes = 8;
const names = Object.keys(columnTypes) as ColumnName[];
const aligned = (bytes: number): number => Math.ceil(bytes / 8) * 8;

export function encodePart(part: DumpPart): Uint8Array {
  const { told, columns, count } = split(part);
  const json = Buffer.from(JSON.stringify(told));
  const columnsAt = headBytes + aligned(json.length);
  const sizes = columns === null ? [] : names.map((name) => aligned(columns[name].byteLength));
  const bytes = Buffer.alloc(columnsAt + sizes.reduce((sum, size) => sum + size, 0));
  bytes.writeUInt32LE(json.length, 0);
  bytes.writeUInt32LE(count, 4);
  json.copy(bytes, headBytes);
  if (columns === null) return bytes;
  let at = columnsAt;
  for (const [index, name] of names.entries()) {
    const { buffer, byteOffset, byteLength } = columns[name];
    bytes.set(new Uint8Array(buffer, byteOffset, byteLength), at);
    at += sizes[index]!;
  }
  return bytes;
}

/** Parts are this program's own, of the same version: they are believed. */
export function decodePart(bytes: Uint8Array): DumpPart {
  const { buffer, byteOffset, byteLength } = bytes;
  const view = Buffer.from(buffer, byteOffset, byteLength);
  const jsonBytes = view.readUInt32LE(0);
  const count = view.readUInt32LE(4);
  const told = JSON.parse(view.toString('utf8', headBytes, headBytes + jsonBytes)) as Told;
  if (told.part !== 'jobs') return told;
  let at = headBytes + aligned(jsonBytes);
  const next = <Name extends ColumnName>(name: Name): Columns[Name] => {
    const Type = columnTypes[name];
    const size = count * Type.BYTES_PER_ELEMENT;
    const column = new Uint8Array(size);
    column.set(bytes.subarray(at, at + size));
    at += aligned(size);
    return new Type(column.buffer) as Columns[Name];
  };
  const columns = Object.fromEntries(names.map((name) => [name, next(name)])) as Columns;
  const { ids, ...lists } = told;
  return { ...lists, ids: ids === '' ? [] : (ids.split(' ') as JobId[]), columns };
}

type JobsPart = Extract<DumpPart, { part: 'jobs' }>;
type Told = Exclude<DumpPart, JobsPart> | (Omit<JobsPart, 'ids' | 'columns'> & { ids: string });

function split(part: DumpPart): { told: Told; columns: Columns | null; count: number } {
  if (part.part !== 'jobs') return { told: part, columns: null, count: 0 };
  const { ids, columns, ...lists } = part;
  return { told: { ...lists, ids: ids.join(' ') }, columns, count: ids.length };
}
