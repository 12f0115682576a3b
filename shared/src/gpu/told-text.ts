/**
 * Text that a program wrote and an agent cut: half a character at the cut and NUL are left out of it, for Postgres takes
 * neither, and what is refused there would hold up everything that is written with it.
 */
import { z } from 'zod';

export const toldText = () => z.string().overwrite((text) => text.replaceAll('\0', '').toWellFormed());
