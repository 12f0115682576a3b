/** A dashboard, as little as there is to say of one; grafana.ts makes the rest. */
export interface Panel {
  title: string;
  /** What a reader is to take from it. */
  about: string;
  unit: 'short' | 'percentunit' | 's' | 'bytes' | 'Bps' | 'reqps';
  /** One number, now; otherwise lines over time. */
  isStat?: true;
  /** Expressions by their legend, in Grafana's notation. */
  lines: Record<string, string>;
}

export interface Board {
  /** Of its file and address. */
  name: string;
  title: string;
  rows: readonly { title: string; panels: readonly Panel[] }[];
}
