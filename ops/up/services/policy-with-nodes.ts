/** Of a region whose hosts come and go: what the operator has set for it, with the kinds of hosts that its provider gives. */
import { z } from 'zod';

const givenSchema = z.record(z.string(), z.unknown());

/** `given`: CELLBOOK_POLICY as it is; what cannot be read is the scheduler's to refuse. A `scale` of the operator's own counts. */
export function policyWithNodes(given: string | undefined, scale: unknown): string {
  if (given === undefined) return JSON.stringify({ scale });
  try {
    return JSON.stringify({ scale, ...givenSchema.parse(JSON.parse(given)) });
  } catch {
    return given;
  }
}
