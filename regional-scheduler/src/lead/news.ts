import type { AgentOrders, AgentReport } from '@cellbook/shared/protocol/gpu-agent-api.ts';

/** Whether orders say anything that an agent which reported so does not do already. */
export function isNews(orders: AgentOrders, report: AgentReport): boolean {
  if (orders.epoch !== report.epoch || orders.forget.length > 0) return true;
  const phases = new Map(report.attempts.map(({ attemptId, state }) => [attemptId, state.phase]));
  return (
    orders.run.some(({ attemptId }) => !phases.has(attemptId)) ||
    orders.stop.some(({ attemptId }) => phases.get(attemptId) !== 'stopping')
  );
}
