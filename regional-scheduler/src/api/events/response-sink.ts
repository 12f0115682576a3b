/**
 * A response as the place where events go. Whoever reads slowly gets what is written a little while after the end, and
 * is cut off then: an end waits for the reader, and would wait for ever with what is in its buffer.
 */
import type { ServerResponse } from 'node:http';
import type { Clock } from '@cellbook/shared/clock.ts';
import { limits } from '@cellbook/shared/limits.ts';
import type { EventSink } from './job-event-stream.ts';

export const responseSink = (response: ServerResponse, clock: Clock): EventSink => ({
  write(text) {
    if (response.destroyed || response.writableEnded) return true;
    response.write(text);
    return response.writableLength <= limits.jobs.eventBufferBytesMax;
  },
  onceDrained: (listener) => void response.once('drain', listener).once('close', listener),
  end() {
    if (response.destroyed) return;
    response.end();
    const cutting = clock.setTimer(limits.jobs.eventCutMs, () => void response.destroy());
    response.once('close', () => cutting.cancel());
  },
});
