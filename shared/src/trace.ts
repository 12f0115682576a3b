/**
 * W3C trace context (`traceparent`), made at the edge and carried through every hop to the kernel message's
 * log line. A malformed header from outside is replaced, never refused: tracing must not fail a request.
 */
import { isSpanContextValid, type SpanContext, TraceFlags } from '@opentelemetry/api';
import { parseTraceParent } from '@opentelemetry/core';
import type { Random } from './random.ts';

export const traceparentHeader = 'traceparent';

export function formatTraceparent({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}

/** The next hop's context: same trace, a new span; a new trace when the header is absent or malformed. */
export function continueTrace(header: string | null | undefined, random: Random): SpanContext {
  const parent = header ? parseTraceParent(header) : null;
  const known = parent !== null && isSpanContextValid(parent) ? parent : null;
  return {
    traceId: known?.traceId ?? hexOf(random.bytes(16)),
    spanId: hexOf(random.bytes(8)),
    traceFlags: known?.traceFlags ?? TraceFlags.SAMPLED,
  };
}

function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
