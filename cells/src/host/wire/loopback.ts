/** Where a wire may be plain: its two ends are one machine, by a name that no resolver is asked for. */
const loopback = new Set(['127.0.0.1', '::1', '[::1]', 'localhost']);

export const isLoopback = (host: string): boolean => loopback.has(host);
