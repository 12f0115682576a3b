// The console: who is signed in and as what, their workspaces, their tokens.
import { ignoreSecondClicks } from './second-click.js';
import { loadStanding, readOnlyReason, showRoleNote } from './standing.js';
import { startTokens } from './tokens.js';
import { startWorkspaces } from './workspaces.js';

ignoreSecondClicks(document);
// What somebody may do decides what is offered. Where it cannot be had everything is; what is refused says why.
const reason = await loadStanding().then(readOnlyReason, () => null);
showRoleNote(reason);
startWorkspaces(reason);
startTokens(reason);
