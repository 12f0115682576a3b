/** What was used, as a person reads it and as a spreadsheet takes it. Pure. */
import type { Metered, MeteredRow } from '@cellbook/shared/protocol/usage-api.ts';

const gib = 1024 ** 3;
const hours = (seconds: number): string => (seconds / 3_600).toFixed(2);
const gibHours = (byteSeconds: number): string => (byteSeconds / gib / 3_600).toFixed(3);
const mebibytes = (bytes: number): string => (bytes / 1024 ** 2).toFixed(1);

const columns: readonly [heading: string, value: (row: MeteredRow) => string][] = [
  ['running h', ({ running }) => hours(running.seconds)],
  ['GiB h', ({ running }) => gibHours(running.byteSeconds)],
  ['frozen h', ({ live }) => hours(live.seconds)],
  ['image GiB h', ({ memory }) => gibHours(memory.byteSeconds)],
  ['in store', ({ memoryRemote }) => gibHours(memoryRemote.byteSeconds)],
  ['files GiB h', ({ files }) => gibHours(files.byteSeconds)],
  ['versions', ({ versions }) => gibHours(versions.byteSeconds)],
  ['packages', ({ environment }) => gibHours(environment.byteSeconds)],
  ['out MiB', ({ egress }) => mebibytes(egress.upBytes)],
  ['in MiB', ({ egress }) => mebibytes(egress.downBytes)],
];

export const usageHeadings = ({ group }: Pick<Metered, 'group'>): string[] => [
  'since',
  group,
  ...columns.map(([heading]) => heading),
];

export const usageRows = ({ rows }: Pick<Metered, 'rows'>): string[][] =>
  rows.map((row) => [
    row.start.slice(0, 16).replace('T', ' '),
    row.name ?? row.key ?? '(none)',
    ...columns.map(([, value]) => value(row)),
  ]);

type Exact = readonly [heading: string, value: (row: MeteredRow) => string | number];

const held = (
  ['running', 'live', 'memory', 'memoryRemote', 'files', 'versions', 'environment'] as const
).flatMap((meter): Exact[] => [
  [`${meter}_seconds`, (row) => row[meter].seconds],
  [`${meter}_byte_seconds`, (row) => row[meter].byteSeconds],
]);
const exact: readonly Exact[] = [
  ['start', ({ start }) => start],
  ['key', ({ key }) => key ?? ''],
  ['name', ({ name }) => name ?? ''],
  ...held,
  ['egress_up_bytes', ({ egress }) => egress.upBytes],
  ['egress_down_bytes', ({ egress }) => egress.downBytes],
];

/** RFC 4180, with the numbers as they were counted. */
export function usageCsv({ rows }: Pick<Metered, 'rows'>): string {
  const lines = [
    exact.map(([heading]) => heading),
    ...rows.map((row) => exact.map(([, value]) => value(row))),
  ];
  return lines.map((line) => line.map(field).join(',')).join('\r\n');
}

/** A text that a spreadsheet would take for a formula is told apart by a quote. */
function field(value: string | number): string {
  const text = String(value);
  const plain = typeof value === 'string' && /^[=+@\t\r-]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}
