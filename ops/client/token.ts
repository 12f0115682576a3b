/**
 * `npm run -s token [-- --email you@example.org --name You --region eu --url http://localhost:8787]`: signs in
 * by the development form and prints a token for clients, alone on standard output. The region is where a new
 * person comes to live; whoever is known stays where he is.
 */
import { parseArgs } from 'node:util';
import { platformConfig } from '../up/config.ts';
import { explain } from '../up/explain.ts';
import { createToken, signIn } from './sign-in.ts';

const { values } = parseArgs({
  options: {
    email: { type: 'string', default: 'you@example.org' },
    name: { type: 'string', default: 'You' },
    region: { type: 'string' },
    url: { type: 'string', default: `http://localhost:${platformConfig(process.env).edgePort}` },
  },
});
try {
  const origin = new URL(values.url).origin;
  const { email, name, region } = values;
  const cookie = await signIn(origin, { email, name, ...(region === undefined ? {} : { region }) });
  console.log((await createToken(origin, cookie, { name: 'command line' })).token);
} catch (thrown) {
  console.error(explain(thrown));
  console.error(`Is Cellbook up at ${values.url}? \`npm start\` says where it is.`);
  process.exitCode = 1;
}
