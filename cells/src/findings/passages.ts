/**
 * The text of a notebook as one string, and the way back: which cell and which line a position in it is.
 * Sources, what outputs show as text (tracebacks too, without their colours) and the notebook's own metadata,
 * where parameters are kept; no images.
 */
import { stripVTControlCharacters } from 'node:util';
import type { Finding } from '@cellbook/shared/protocol/findings-api.ts';
import { isObject } from '../contents/json.ts';

export type Place = Pick<Finding, 'cell' | 'part' | 'line'>;

interface Passage {
  cell: number | null;
  part: Finding['part'];
  startsAt: number;
  text: string;
}

export class Passages {
  readonly #passages: Passage[] = [];
  #length = 0;

  static ofText(text: string): Passages {
    const passages = new Passages();
    passages.#add(null, 'text', text);
    return passages;
  }

  static ofNotebook(notebook: Record<string, unknown>): Passages {
    const passages = new Passages();
    if (isObject(notebook.metadata))
      passages.#add(null, 'metadata', JSON.stringify(notebook.metadata, null, 1));
    for (const [index, cell] of listOf(notebook.cells).entries()) {
      if (!isObject(cell)) continue;
      passages.#add(index, 'source', textOf(cell.source));
      for (const output of listOf(cell.outputs))
        if (isObject(output)) passages.#add(index, 'output', textOfOutput(output));
    }
    return passages;
  }

  get text(): string {
    return this.#passages.map(({ text }) => text).join(separator);
  }

  /** Where a position of `text` is. */
  placeOf(position: number): Place {
    const passage = this.#passages.findLast(({ startsAt }) => startsAt <= position) ?? this.#passages[0];
    if (!passage) return { cell: null, part: 'text', line: 1 };
    const { cell, part, startsAt, text } = passage;
    return { cell, part, line: text.slice(0, position - startsAt).split('\n').length };
  }

  #add(cell: number | null, part: Finding['part'], text: string): void {
    if (text === '') return;
    this.#passages.push({ cell, part, startsAt: this.#length, text });
    this.#length += text.length + separator.length;
  }
}

const separator = '\n\n';
const shownAsText = ['text/plain', 'text/markdown', 'text/html', 'text/latex'];

function textOfOutput(output: Record<string, unknown>): string {
  const shown = isObject(output.data) ? output.data : {};
  const parts = [
    textOf(output.text),
    ...shownAsText.map((type) => textOf(shown[type])),
    'application/json' in shown ? JSON.stringify(shown['application/json'], null, 1) : '',
    textOf(output.evalue),
    listOf(output.traceback).map(textOf).join('\n'),
  ];
  return stripVTControlCharacters(parts.filter((part) => part !== '').join('\n'));
}

/** Jupyter keeps a text whole or as a list of lines. */
const textOf = (value: unknown): string => {
  if (typeof value === 'string') return value;
  return Array.isArray(value) ? value.filter((line) => typeof line === 'string').join('') : '';
};

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
