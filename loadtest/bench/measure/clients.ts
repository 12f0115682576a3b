/** What is measured, whatever the leg: a client that sends one execute_request and waits for its answers. */
export interface EchoClient {
  /**
   * The milliseconds from sending an execute_request to its execute_reply. Resolves when the kernel's idle
   * status for it has come too, as a notebook's next cell waits for it: otherwise outputs would pile up on
   * the slower channel and be measured as someone else's latency. One at a time per client.
   */
  roundTrip(): Promise<number>;
  close(): Promise<void>;
}

/** One way to the echo kernel. */
export interface Leg {
  readonly name: LegName;
  /** A new client of kernel number `kernel` (0, 1, …); the kernel is started when first asked for. */
  connect(kernel: number): Promise<EchoClient>;
  stop(): Promise<void>;
}

export type LegName =
  | 'direct'
  | 'cell'
  | 'edgeCell'
  | 'edgeCellUnheld'
  | 'peer'
  | 'peerNoDelay'
  | 'edgeCellGvisor';

/** The payload of every request: 1 KiB, about what a cell of code and its output weigh. */
export const payload = 'x'.repeat(1024);
/** A round trip that takes longer than this is a failure of the leg, not a latency. */
export const roundTripDeadlineMs = 30_000;
