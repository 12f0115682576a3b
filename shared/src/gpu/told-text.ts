/**
 * Text that a program wrote and an agent cut, as it can be kept: what Postgres refuses would hold up everything that is
 * written with it.
 */
import { z } from 'zod';
import { storableText } from '../storable.ts';

export const toldText = () => z.string().overwrite(storableText);
