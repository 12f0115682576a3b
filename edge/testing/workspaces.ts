/** Workspaces of which the upstream says something else than "yours". */
export const absentWorkspace = 'ws-00000000000000000000';
export const brokenWorkspace = 'ws-11111111111111111111';
