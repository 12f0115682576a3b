/** The tier of a workspace's organisation: as it was last heard, else as it was when the workspace was made. */
import type { WorkspaceId } from '@cellbook/shared/ids.ts';
import { type Tier, tierSchema } from '@cellbook/shared/protocol/principal.ts';
import { eq, sql } from 'drizzle-orm';
import type { Database } from '../../db/database.ts';
import { quotaPolicies } from '../../db/quotas.ts';
import { workspaces } from '../../db/workspaces.ts';

/** Of no workspace at all: whoever sweeps its files keeps what the least would keep. */
const unknown: Tier = 'free';

export async function tierOf(database: Database, workspaceId: WorkspaceId): Promise<Tier> {
  const [row] = await database
    .select({ tier: sql`coalesce(${quotaPolicies.tier}, ${workspaces.tier})` })
    .from(workspaces)
    .leftJoin(quotaPolicies, eq(quotaPolicies.orgId, workspaces.orgId))
    .where(eq(workspaces.id, workspaceId));
  return row ? tierSchema.parse(row.tier) : unknown;
}
