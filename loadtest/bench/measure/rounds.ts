/**
 * Legs are measured in turns (A B C D, A B C D, …), each turn a short closed loop: every client sends its
 * next request as soon as the reply to the last has come. Drift of the machine so falls on all legs alike,
 * and the loop at many clients is also the path's saturation.
 */
import type { EchoClient, Leg, LegName } from './clients.ts';
import { type Stretch, type Summary, summarize } from './statistics.ts';

export interface RoundsPlan {
  /** How many turns each leg gets. */
  rounds: number;
  clients: number;
  /** One kernel for all clients, or one each. */
  kernels: 'shared' | 'own';
  /** Round trips of all clients together in one turn. */
  roundTripsPerTurn: number;
  warmUpRoundTrips: number;
}

export async function measureRounds(
  legs: readonly Leg[],
  plan: RoundsPlan,
  note: (line: string) => void,
): Promise<Map<LegName, Summary>> {
  const clientsOf = new Map<Leg, EchoClient[]>();
  try {
    for (const leg of legs) {
      clientsOf.set(leg, await connectAll(leg, plan));
      await closedLoop(clientsOf.get(leg)!, plan.warmUpRoundTrips);
    }
    const stretches = new Map<Leg, Stretch[]>(legs.map((leg) => [leg, []]));
    for (let turn = 0; turn < plan.rounds; turn++) {
      for (const leg of rotated(legs, turn)) {
        stretches.get(leg)!.push(await closedLoop(clientsOf.get(leg)!, plan.roundTripsPerTurn));
      }
      note(`${plan.clients} clients, ${plan.kernels} kernel: round ${turn + 1} of ${plan.rounds}`);
    }
    return new Map(legs.map((leg) => [leg.name, summarize(stretches.get(leg)!)]));
  } finally {
    for (const clients of clientsOf.values())
      await Promise.allSettled(clients.map((client) => client.close()));
  }
}

/** Each round starts with another leg, so that no leg always runs after the same one. */
export function rotated<Item>(items: readonly Item[], by: number): Item[] {
  return items.map((_, index) => items[(index + by) % items.length]!);
}

async function connectAll(leg: Leg, plan: RoundsPlan): Promise<EchoClient[]> {
  const clients: EchoClient[] = [];
  for (let index = 0; index < plan.clients; index++) {
    clients.push(await leg.connect(plan.kernels === 'shared' ? 0 : index));
  }
  return clients;
}

/** Runs `roundTrips` in all over the clients, each with one request outstanding. */
export async function closedLoop(clients: readonly EchoClient[], roundTrips: number): Promise<Stretch> {
  const latenciesMs: number[] = [];
  let started = 0;
  const startMs = performance.now();
  await Promise.all(
    clients.map(async (client) => {
      while (started < roundTrips) {
        started++;
        latenciesMs.push(await client.roundTrip());
      }
    }),
  );
  return { latenciesMs, elapsedMs: performance.now() - startMs };
}
