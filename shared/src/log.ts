/** Structured logs: one JSON object a line (pino). Anything that could hold a secret is redacted by name. */
import { type DestinationStream, type Logger, pino } from 'pino';

export type { Logger };

const secretPaths = [
  'authorization',
  'cookie',
  'token',
  'password',
  'secret',
  '*.authorization',
  '*.cookie',
  '*.token',
  '*.password',
  '*.secret',
  'headers["cellbook-principal"]',
  '*.headers["cellbook-principal"]',
];

export interface LogOptions {
  /** The program: `cell`, `ops`. */
  program: string;
  /** Fields on every line, such as the cell's id. */
  fields?: Record<string, string>;
  level?: string;
  destination?: DestinationStream;
}

export function createLogger({ program, fields, level = 'info', destination }: LogOptions): Logger {
  const options = {
    level,
    base: { program, ...fields },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: secretPaths, censor: '[redacted]' },
  };
  return destination ? pino(options, destination) : pino(options);
}

/** A logger that writes nothing, for pure tests and the simulator. */
export const silentLogger: Logger = pino({ level: 'silent' });
