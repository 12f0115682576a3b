// The console: who is signed in, their workspaces, their tokens.
import { call } from './api.js';
import { byId } from './dom.js';
import { ignoreSecondClicks } from './second-click.js';
import { startTokens } from './tokens.js';
import { startWorkspaces } from './workspaces.js';

ignoreSecondClicks(document);
startWorkspaces();
startTokens();
call('GET', '/v1/me').then(
  ({ name }) => {
    byId('person').textContent = name;
  },
  () => undefined,
);
