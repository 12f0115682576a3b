/** What the containment of failures has found (contain/), as events. */
import { decideContain } from '../contain/contain.ts';
import type { Turn } from './turn.ts';

export function containFailures(turn: Turn): void {
  const { contain, fleet } = turn.state;
  let hosts = 0;
  for (const { phase } of fleet.ranked) if (phase === 'up' || phase === 'quarantined') hosts++;
  for (const decision of decideContain(contain, turn.nowMs, { hosts })) {
    switch (decision.kind) {
      case 'class_limited': {
        const { feature, limit, because } = decision;
        turn.emit({ type: 'class_limited', feature, limit, because });
        break;
      }
      case 'version_staged': {
        const { binary, version, permille, because } = decision;
        turn.emit({ type: 'version_staged', binary, version, permille, because });
        break;
      }
      case 'host': {
        const host = fleet.hosts.get(decision.hostId);
        if (!host) break;
        const { phase, because } = decision;
        turn.emit({ type: 'host_changed', host: host.spec, phase, because });
      }
    }
  }
}
