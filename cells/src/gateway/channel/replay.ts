/**
 * Where a client session continues in a kernel's output. A session has a cursor: the sequence number of the
 * first message it has not been given. What the log still holds from there on is sent in order, each once;
 * what it no longer holds is counted, so that the gap is shown and not silent.
 */
export interface Continuation {
  /** First sequence number to send. */
  fromSeq: number;
  /** Messages that are gone for good. */
  missed: number;
}

export function continueFrom(cursor: number, log: { startSeq: number; endSeq: number }): Continuation {
  if (cursor >= log.startSeq) return { fromSeq: Math.min(cursor, log.endSeq), missed: 0 };
  return { fromSeq: log.startSeq, missed: log.startSeq - cursor };
}

/**
 * The cursor after a socket is gone: back to the first message that was handed to it and not written out,
 * so that it is sent again on the next socket and nothing that was written out is.
 */
export function cursorAfterClose(cursor: number, unsent: readonly number[]): number {
  return unsent.length === 0 ? cursor : Math.min(cursor, unsent[0]!);
}

/** The lowest sequence number somebody still needs; entries before it can be forgotten. */
export function neededFrom(cursors: Iterable<number>, endSeq: number): number {
  let needed = endSeq;
  for (const cursor of cursors) if (cursor < needed) needed = cursor;
  return needed;
}
