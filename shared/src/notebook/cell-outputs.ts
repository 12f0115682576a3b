/**
 * The outputs of one execution as nbformat stores them, built message by message the way a front end does:
 * streams of one name are merged, `clear_output` clears (with `wait`, when the next output comes),
 * `update_display_data` replaces the displays of its id. Bounded: beyond the limit the outputs end in a
 * visible, counted note.
 */
import { limits } from '../limits.ts';

export type Output = Record<string, unknown> & { output_type: string };

interface Held {
  output: Output;
  displayId: string | null;
}

export class CellOutputs {
  executionCount: number | null = null;
  #held: Held[] = [];
  #clearsOnNext = false;
  #bytes = 0;
  #omitted = 0;
  readonly #bytesMax: number;

  constructor(bytesMax: number = limits.gateway.notebookOutputBytesMax) {
    this.#bytesMax = bytesMax;
  }

  get outputs(): Output[] {
    const outputs = this.#held.map(({ output }) => asStored(output));
    if (this.#omitted === 0) return outputs;
    const text = `[Cellbook: ${this.#omitted} more outputs were not kept, the cell’s outputs exceed ${this.#bytesMax} bytes.]\n`;
    return [...outputs, asStored({ output_type: 'stream', name: 'stderr', text })];
  }

  /** True when the message changed what the notebook should show. */
  apply(msgType: string, content: Record<string, unknown>, bytes: number): boolean {
    if (msgType === 'execute_input') return this.#setCount(content.execution_count);
    if (msgType === 'clear_output') {
      if (content.wait === true) this.#clearsOnNext = true;
      else this.#clear();
      return content.wait !== true;
    }
    if (msgType === 'update_display_data') return this.#update(content);
    const output = outputOf(msgType, content);
    if (!output) return false;
    if (this.#clearsOnNext) this.#clear();
    if (this.#bytes + bytes > this.#bytesMax) {
      this.#omitted += 1;
      return true;
    }
    this.#bytes += bytes;
    if (msgType === 'execute_result') this.#setCount(content.execution_count);
    const last = this.#held.at(-1)?.output;
    if (msgType === 'stream' && last?.output_type === 'stream' && last.name === output.name)
      last.text = `${last.text}${output.text}`;
    else this.#held.push({ output, displayId: displayIdOf(content) });
    return true;
  }

  #setCount(count: unknown): boolean {
    if (typeof count !== 'number' || count === this.executionCount) return false;
    this.executionCount = count;
    return true;
  }

  #clear(): void {
    this.#held = [];
    this.#bytes = 0;
    this.#omitted = 0;
    this.#clearsOnNext = false;
  }

  #update(content: Record<string, unknown>): boolean {
    const displayId = displayIdOf(content);
    if (displayId === null) return false;
    let isChanged = false;
    for (const held of this.#held) {
      if (held.displayId !== displayId) continue;
      held.output = { ...held.output, data: content.data ?? {}, metadata: content.metadata ?? {} };
      isChanged = true;
    }
    return isChanged;
  }
}

function outputOf(msgType: string, content: Record<string, unknown>): Output | null {
  const { data = {}, metadata = {} } = content;
  switch (msgType) {
    case 'stream':
      return {
        output_type: 'stream',
        name: String(content.name ?? 'stdout'),
        text: String(content.text ?? ''),
      };
    case 'display_data':
      return { output_type: 'display_data', data, metadata };
    case 'execute_result':
      return {
        output_type: 'execute_result',
        data,
        metadata,
        execution_count: content.execution_count ?? null,
      };
    case 'error': {
      const { ename = '', evalue = '', traceback = [] } = content;
      return { output_type: 'error', ename, evalue, traceback };
    }
    default:
      return null;
  }
}

function displayIdOf(content: Record<string, unknown>): string | null {
  const transient = content.transient;
  if (typeof transient !== 'object' || transient === null || !('display_id' in transient)) return null;
  return typeof transient.display_id === 'string' ? transient.display_id : null;
}

/** On disk nbformat keeps text as a list of lines, each with its line end. */
function asStored(output: Output): Output {
  return output.output_type === 'stream' ? { ...output, text: linesOf(String(output.text)) } : { ...output };
}

export function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
