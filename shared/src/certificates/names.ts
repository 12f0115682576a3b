/**
 * By which names a cell's controller and its hosts know each other: DNS names in the certificates, of a domain
 * that no name server has. What a certificate is for follows from its name, and from its key usage once more.
 */
import type { CellId, HostId } from '../ids.ts';

const domain = 'cellbook.internal';

export const controllerName = (cellId: CellId): string => `controller.${cellId}.${domain}`;
export const hostName = (cellId: CellId, hostId: HostId): string => `${hostId}.host.${cellId}.${domain}`;
