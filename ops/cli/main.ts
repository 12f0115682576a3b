/** `cellbook`: the platform from a terminal. */
import { endWithReader } from '../up/end-with-reader.ts';
import { joinParameters } from './papermill-arguments.ts';
import { createProgram } from './program.ts';

endWithReader();
// The client library tells each socket it opens.
console.debug = () => undefined;
const words = process.argv.slice(2);
await createProgram().parseAsync(words[0] === 'run' ? joinParameters(words) : words, { from: 'user' });
// A client library keeps timers of its own; everything here has been said.
process.exit();
