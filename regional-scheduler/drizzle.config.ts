/**
 * Where drizzle-kit finds the scheduler's tables and keeps the SQL it generates from them. Each part has one schema
 * file in src/db; the plumbing beside them holds no tables.
 *
 * After changing a table: `npx drizzle-kit generate --name what_changed` in this folder, and commit the SQL.
 */
import { readdirSync } from 'node:fs';
import { defineConfig } from 'drizzle-kit';

const plumbing = new Set(['database.ts', 'migrate.ts', 'job-spec.ts', 'column-types.ts']);
const schema = readdirSync('./src/db')
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && !plumbing.has(name))
  .map((name) => `./src/db/${name}`);

export default defineConfig({
  dialect: 'postgresql',
  schema,
  out: './src/db/migrations',
});
