/** How many a user may have in an organisation, and the organisation in all. */
export interface Allowance {
  user: number;
  organisation: number;
  /** The organisation's is also no more than this cell's share of it, as it is where it is counted. */
  isShared?: boolean;
}

/** What a user has, and his organisation in this cell. */
export interface Counted {
  user: number;
  organisation: number;
  /** What this cell goes by of the organisation's quota; null: it has no share. */
  share?: number | null;
}

/** What making a workspace needs room for; `running` where it is to run at once. */
export interface CreateAllowance {
  workspaces: Allowance;
  running: Allowance;
}

export interface Counts {
  workspaces: number;
  running: number;
}

export const unlimited: Allowance = {
  user: Number.POSITIVE_INFINITY,
  organisation: Number.POSITIVE_INFINITY,
};

/** So many workspaces per user, and nothing else counts. */
export const upTo = (workspacesPerUser: number): CreateAllowance => ({
  workspaces: { ...unlimited, user: workspacesPerUser },
  running: unlimited,
});

export const hasRoom = (used: Counted, max: Allowance): boolean =>
  used.user < max.user && used.organisation < organisationMax(used, max);

const organisationMax = ({ share }: Counted, { organisation, isShared }: Allowance): number =>
  isShared ? Math.min(organisation, share ?? 0) : organisation;
