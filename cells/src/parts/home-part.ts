/** Whom this cell owns, by the pins delivered to it; undefined where no pin key is configured. */
import { openPublicKeys } from '../api/access/public-keys.ts';
import type { CellTools } from '../cell.ts';
import type { CellConfig } from '../config.ts';
import type { Database } from '../db/database.ts';
import { type Home, openHome } from '../home/home.ts';
import { createPostgresHomeStore } from '../home/postgres-home-store.ts';

export async function openHomePart(
  { cellId, regionId, pinPublicKeyFile }: CellConfig,
  { clock, log }: CellTools,
  database: Database,
): Promise<Home | undefined> {
  if (pinPublicKeyFile === null) {
    log.warn('no CELLBOOK_PIN_PUBLIC_KEY: this cell serves whoever is sent to it');
    return undefined;
  }
  return openHome({
    ...{ cell: { cellId, regionId }, clock, log },
    store: createPostgresHomeStore(database, regionId),
    publicKey: await openPublicKeys(pinPublicKeyFile, clock),
  });
}
