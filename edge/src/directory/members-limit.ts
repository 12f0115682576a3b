/** An organisation has so many members and no more, however somebody would become one. */
import { limits } from '@cellbook/shared/limits.ts';

/** A condition in SQL: there is room in this organisation, a parameter or a column with its table. */
export const roomIn = (org: string): string =>
  `${limits.edge.membersPerOrgMax} > (SELECT count(*) FROM members AS others WHERE others.org_id = ${org})`;
