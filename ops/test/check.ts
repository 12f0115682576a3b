/** `npm run check`: format and lint, types of the Node programs and of the edge, and the guards of ops/tidy. */
import { checks, runCheck } from './checks.ts';

let failed = 0;
for (const check of checks) {
  const outcome = await runCheck(check);
  console.log(outcome.ok ? `✓ ${check.name}` : `✗ ${check.name}\n${outcome.output}`);
  if (!outcome.ok) failed++;
}
process.exitCode = failed === 0 ? 0 : 1;
