/** The request of `cellbook jobs submit`, from its options: pure. */
import { CellbookError } from '@cellbook/shared/errors.ts';
import { type SubmitJob, submitJobSchema } from '@cellbook/shared/protocol/job-request.ts';

export interface SubmitOptions {
  /** A notebook's text, read already. */
  notebook?: string;
  task?: string;
  param?: readonly string[];
  seed?: string;
  steps?: string;
  duration?: string;
  size?: string;
  gpus?: string;
  sku?: readonly string[];
  memory?: string;
  name?: string;
  label?: readonly string[];
  notBefore?: string;
  deadline?: string;
  wall?: string;
  every?: string;
  times?: string;
  reuse?: string;
  durability?: string;
  webhook?: string;
  region?: readonly string[];
  interactive?: boolean;
}

export function requestOf(prompt: string | undefined, options: SubmitOptions): SubmitJob {
  const { gpus, sku, memory, every, times, webhook, label, region, wall } = options;
  const given = {
    task: taskOf(prompt, options),
    resources: defined({ gpus: numberOf('gpus', gpus), skus: sku, gpuMemoryMib: numberOf('memory', memory) }),
    ...defined({
      name: options.name,
      notBefore: options.notBefore,
      deadline: options.deadline,
      regions: region,
    }),
    ...defined({ wallSeconds: numberOf('wall', wall), reuse: options.reuse, durability: options.durability }),
    ...(label && { labels: pairsOf(label, (text) => text) }),
    ...(every && {
      repeat: { everySeconds: numberOf('every', every), times: numberOf('times', times ?? '2') },
    }),
    ...(webhook && { webhook: { url: webhook } }),
    ...(options.interactive && { interactive: true }),
  };
  const parsed = submitJobSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw wrong(`${issue?.path.join('.')}: ${issue?.message}`);
}

function taskOf(prompt: string | undefined, options: SubmitOptions): Record<string, unknown> {
  const { notebook, task, param = [], size } = options;
  const parameters = pairsOf(param, jsonOrText);
  if (notebook !== undefined) return { kind: 'notebook', notebook: notebookOf(notebook), parameters };
  if (task !== undefined) return { kind: 'task', binary: task, parameters, ...(prompt && { prompt }) };
  if (prompt === undefined) throw wrong('there is nothing to run');
  const [width, height] = size?.split('x') ?? [];
  const asked = defined({
    ...{ seed: numberOf('seed', options.seed), steps: numberOf('steps', options.steps) },
    durationSeconds: numberOf('duration', options.duration),
    ...{ width: numberOf('size', width), height: numberOf('size', height) },
  });
  return { kind: 'video', prompt, parameters: { ...parameters, ...asked } };
}

function notebookOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw wrong('the notebook is not JSON');
  }
}

/** JSON where it is some, else text: `steps=20`, `style=oil`. */
function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function pairsOf<Value>(pairs: readonly string[], of: (text: string) => Value): Record<string, Value> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = '', value] = pair.split(/=(.*)/s);
      if (value === undefined) throw wrong(`"${pair}" is not name=value`);
      return [name, of(value)];
    }),
  );
}

export function numberOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw wrong(`--${name}: "${text}" is no number`);
}

const defined = (given: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));

const wrong = (problem: string): CellbookError =>
  new CellbookError('bad_request', {
    doing: 'reading what is to be submitted',
    problem,
    next: '`cellbook jobs submit --help` says what can be given.',
  });
