/** How many a user may have in an organisation, and the organisation in all, in this cell. */
export interface Allowance {
  user: number;
  organisation: number;
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

export const hasRoom = (used: Allowance, max: Allowance): boolean =>
  used.user < max.user && used.organisation < max.organisation;
