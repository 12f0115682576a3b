/**
 * `npm run keys -- <command>`: the keys that this platform signs with (ops/runbooks/keys.md).
 *
 *   list [--json]                         which there are, which sign, when old ones may go
 *   rotate USE                            USE: credentials, principal, pins. Adds a key that is known before it signs;
 *                                         called again, when everybody knows it, makes it the one that signs
 *   retire USE [--compromised KID …]      takes away old keys whose signatures have all ended; one that others know at once
 *
 *   --home DIR  --edge URL                which platform (default: this checkout's, or CELLBOOK_HOME)
 */
import { parseArgs } from 'node:util';
import { systemClock } from '@cellbook/shared/clock.ts';
import { systemRandom } from '@cellbook/shared/random.ts';
import { openPins } from '../pins/context.ts';
import { platformConfig } from '../up/config.ts';
import { explain } from '../up/explain.ts';
import { runTool } from '../up/tools/run-tool.ts';
import { awaitEdge } from './await-edge.ts';
import { assertPinsMovedOn } from './pins-in-use.ts';
import { answerSchema, type ShownRings, shownKeys, told, usage } from './words.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    home: { type: 'string' },
    edge: { type: 'string' },
    compromised: { type: 'string', multiple: true, default: [] },
  },
});
const [command = 'help', use = ''] = positionals;

try {
  process.exitCode = await run();
} catch (thrown) {
  console.error(explain(thrown));
  process.exitCode = 1;
}

async function run(): Promise<number> {
  if (!['list', 'rotate', 'retire'].includes(command)) {
    console.error(usage);
    return command === 'help' ? 0 : 1;
  }
  const config = platformConfig({ ...process.env, ...(values.home && { CELLBOOK_HOME: values.home }) });
  const tool = async (...args: string[]) => {
    const script = 'edge/setup/rotate-keys.ts';
    const doing = `${command} of keys`;
    const line = await runTool(
      { doing, script, args: ['--home', config.homeDirectory, ...args] },
      console.error,
    );
    return answerSchema.parse(JSON.parse(line));
  };
  if (command === 'retire') {
    const { rings } = await tool('list');
    const { homeDirectory } = config;
    const edgeUrl = values.edge ?? `http://127.0.0.1:${config.edgePort}`;
    await assertMovedOn({ use, rings, homeDirectory, edgeUrl });
  }
  const compromised = values.compromised.flatMap((kid) => ['--compromised', kid]);
  const answer = await tool(command, ...(command === 'list' ? [] : [use]), ...compromised);
  console.log(values.json ? JSON.stringify(answer) : shownKeys(answer));
  if (!values.json) console.error(told(answer, use));
  return answer.did === 'waits' || answer.did === 'full' ? 1 : 0;
}

/** Nobody signs with the old key, or goes by what only it signed, when it is taken away. */
async function assertMovedOn(asked: {
  use: string;
  rings: ShownRings;
  homeDirectory: string;
  edgeUrl: string;
}): Promise<void> {
  const { use, rings, homeDirectory, edgeUrl } = asked;
  const say = (text: string) => console.error(text);
  if (use !== 'pins')
    return awaitEdge({ edgeUrl, use, rings, clock: systemClock, say, compromised: values.compromised });
  const context = await openPins({ homeDirectory, edgeUrl, clock: systemClock, random: systemRandom, say });
  await assertPinsMovedOn(context, rings, values.compromised);
}
