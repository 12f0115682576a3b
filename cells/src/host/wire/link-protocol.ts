/**
 * The wire between a controller and a host daemon (second of two; commands are in commands.ts): one
 * connection per running sandbox, which carries the supervisor's own frames (sandbox/link/frames.ts) in both
 * directions and nothing around them.
 *
 *   controller ── GET /v1/workspaces/{id}/link?epoch=…&sandbox=… ──▶ daemon     Upgrade: cellbook-link, bearer key
 *              ◀───────────────── 101, or a typed refusal ──────────
 *              ◀── u32 length, JSON {hello, attachment, notes} ─────            once (sandbox/link/relay.ts)
 *              ◀── every frame that no controller has acknowledged ─            as the supervisor numbered them
 *              ◀── what the supervisor says ────────────────────────
 *              ◀── 114 EXITED {reason, …}, end ─────────────────────            the sandbox is gone
 *              ─── frames for the supervisor ──────────────────────▶            whole ones only; numbered anew
 *              ─── 112 ACKNOWLEDGED u64 seq ───────────────────────▶            up to here it need not be said again
 *              ─── 113 NOTE {key, value} ──────────────────────────▶            for a successor; null forgets it
 *
 * The daemon buffers at most limits.host.heldBytesMax of unacknowledged output (one frame if that is larger)
 * and one incoming frame: with nobody attached, or a controller that does not read, it stops reading the
 * sandbox's pipe, and the supervisor's own bounded outbox holds back what is said. A frame that a controller
 * did not finish dies with its connection. One connection at a time: a newer one replaces it, an older epoch
 * is refused, and adopting a sandbox cuts the connection of the epoch before.
 */
export const linkUpgrade = 'cellbook-link';
