/** Writes the description of the API to cells/openapi.json: `node cells/src/api/describe.ts`. */
import { writeFile } from 'node:fs/promises';
import { describeApi } from './open-api.ts';

const file = new URL('../../openapi.json', import.meta.url);
await writeFile(file, `${JSON.stringify(await describeApi(), null, 2)}\n`);
