/**
 * How far a program is, out of what it prints. `cellbook-progress: 0.42` is ours; without it the usual forms are read:
 * `42%`, `step 21/50`, `21/50 [00:03<…` (tqdm). Programs print several such bars one after the other: what is told never
 * goes back.
 */
import { limits } from '@cellbook/shared/limits.ts';

const { logCharsMax, lineCharsMax } = limits.gpuAgent.run;

export interface Said {
  /** The last characters of what was said. */
  tail: string;
  /** 0–1; null: nothing was told yet. */
  progress: number | null;
  /** What came of a line that has not ended. */
  line: string;
  /** Once it has told it in our own form the others count no more. */
  ours: boolean;
}

export const nothingSaid: Said = { tail: '', progress: null, line: '', ours: false };

/** What is known after it said `text` as well. Pure. */
export function hear(said: Said, text: string): Said {
  const plain = stripControls(text);
  const lines = (said.line + plain).split(/[\r\n]+/);
  const line = (lines.pop() ?? '').slice(-lineCharsMax);
  let { progress, ours } = said;
  for (const complete of lines) {
    const told = progressOf(complete.slice(0, lineCharsMax));
    if (!told || (ours && !told.ours)) continue;
    // The first in our form overrules what was guessed before.
    progress = told.ours && !ours ? told.progress : Math.max(progress ?? 0, told.progress);
    ours ||= told.ours;
  }
  return { tail: (said.tail + plain).slice(-logCharsMax), progress, line, ours };
}

export function progressOf(line: string): { progress: number; ours: boolean } | null {
  const ours = /^cellbook-progress:\s*([01](?:\.\d+)?)\b/.exec(line)?.[1];
  if (ours !== undefined) return within(Number(ours), true);
  const percent = /(?:^|[^\d.])(\d{1,3}(?:\.\d+)?)\s?%/.exec(line)?.[1];
  if (percent !== undefined) return within(Number(percent) / 100, false);
  const steps =
    /\b(?:steps?|frames?|epochs?|iterations?)\D{0,3}(\d+)\s*(?:\/|of)\s*(\d+)/i.exec(line) ??
    /\b(\d+)\/(\d+) \[/.exec(line);
  return steps ? within(Number(steps[1]) / Number(steps[2]), false) : null;
}

const within = (progress: number, ours: boolean) =>
  progress >= 0 && progress <= 1 ? { progress, ours } : null;

/** Sequences that colour text and move the cursor, and whatever else no log should hold. */
const stripControls = (text: string): string =>
  text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape that begins each sequence
    .replaceAll(/\u001b\[[0-9;?]*[A-Za-z]/g, '')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal obeys and a reader does not
    .replaceAll(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '');
