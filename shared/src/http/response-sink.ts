/**
 * A response as the place where events go. Whoever reads slowly gets what is written a little while after the end, and
 * is cut off then: an end waits for the reader, and would wait for ever with what is in its buffer.
 */
import type { ServerResponse } from 'node:http';
import type { Clock } from '../clock.ts';

export interface EventSink {
  /** False when the reader is behind. */
  write(text: string): boolean;
  onceDrained(listener: () => void): void;
  end(): void;
}

export interface SinkLimits {
  /** Unsent; beyond it the reader is behind. */
  bufferBytesMax: number;
  /** After the end. */
  cutMs: number;
}

export const responseSink = (
  response: ServerResponse,
  clock: Clock,
  { bufferBytesMax, cutMs }: SinkLimits,
): EventSink => ({
  write(text) {
    if (response.destroyed || response.writableEnded) return true;
    response.write(text);
    return response.writableLength <= bufferBytesMax;
  },
  onceDrained: (listener) => void response.once('drain', listener).once('close', listener),
  end() {
    if (response.destroyed || response.writableEnded) return;
    response.end();
    const cutting = clock.setTimer(cutMs, () => void response.destroy());
    response.once('close', () => cutting.cancel());
  },
});
