// The list of workspaces: what the API says, what the events change, and what the person asks for. What is
// shown is always what the platform last said; a click changes nothing here until it has answered.
import { call, listWorkspaces } from './api.js';
import { startCreateForm } from './create-form.js';
import { byId } from './dom.js';
import { followEvents } from './events.js';
import { KnownWorkspaces } from './known-workspaces.js';
import { notify } from './notices.js';
import { deletedRow, phaseName, workspaceRow } from './workspace-row.js';

/** @typedef {import('./api.js').Workspace} Workspace */
/** @typedef {import('./api.js').Place} Place */

const known = new KnownWorkspaces();
/** @type {Map<string, ReturnType<typeof workspaceRow>>} */
const rows = new Map();
/** Starting more than these at once, nobody looks at the places of the rest. */
const placesAskedMax = 5;
/** Of those that wait to start. @type {Map<string, Place>} */
const places = new Map();
let loaded = false;
let loads = 0;
/** @type {string | null} */
let readOnly = null;

const list = byId('workspaces');
const actions = {
  suspend: (/** @type {string} */ id) => act(id, 'POST', '/suspend'),
  resume: (/** @type {string} */ id) => act(id, 'POST', '/resume'),
  rename: (/** @type {string} */ id, /** @type {string} */ name) => act(id, 'PATCH', '', { name }),
  remove: removeWorkspace,
  copyAddress,
};

/** @param {string | null} reason Why nothing can be changed here, where it cannot. */
export function startWorkspaces(reason) {
  readOnly = reason;
  byId('retry').addEventListener('click', load);
  startCreateForm(take, reason);
  followEvents({
    onWorkspace: (workspace) => {
      announce(workspace);
      known.takeEvent(workspace);
      if (loaded) show();
    },
    onPlace: takePlace,
    onOpen: () => {
      byId('connection').textContent = '';
      load();
    },
    onBreak: () => {
      byId('connection').textContent = 'Not live: reconnecting…';
      // The list may still be had; and for who has signed out elsewhere its 401 leads to the sign-in.
      load();
    },
  });
  // A laptop that slept may have lost the stream without either end's notice.
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') load();
  });
  setInterval(() => {
    for (const row of rows.values()) row.refreshTimes();
  }, 30_000);
}

async function load() {
  const mine = ++loads;
  try {
    known.listAsked();
    const all = await listWorkspaces();
    // A newer one is on its way, and what came since was counted from its asking.
    if (mine !== loads) return;
    known.takeList(all);
    loaded = true;
    byId('failure').hidden = true;
    show();
    await askPlaces(all);
  } catch (problem) {
    if (loaded || mine !== loads) return;
    byId('failure-text').textContent = problem instanceof Error ? problem.message : '';
    byId('failure').hidden = false;
    list.replaceChildren();
    list.setAttribute('aria-busy', 'false');
  }
}

/** The list does not tell them, and the events only what changes. @param {Workspace[]} all */
async function askPlaces(all) {
  const waiting = all.filter(({ phase }) => phase === 'resuming').slice(0, placesAskedMax);
  const asked = waiting.map(({ id }) => call('GET', `/v1/workspaces/${id}`));
  for (const answer of await Promise.allSettled(asked))
    if (answer.status === 'fulfilled') takePlace(answer.value.id, answer.value.queue);
}

/** @param {string} id @param {Place | null} place */
function takePlace(id, place) {
  if (place) places.set(id, place);
  else places.delete(id);
  rows.get(id)?.showPlace(place);
}

/** @param {Workspace} answer */
function take(answer) {
  known.takeAnswer(answer);
  if (loaded) show();
}

function show() {
  const live = known.live();
  const gone = known.deleted(Date.now());
  for (const skeleton of list.querySelectorAll('.skeleton')) skeleton.remove();
  for (const [id, { row }] of rows) {
    if (live.some((workspace) => workspace.id === id)) continue;
    row.remove();
    rows.delete(id);
  }
  for (const [index, workspace] of live.entries()) {
    const present = rows.get(workspace.id);
    if (present) present.update(workspace);
    const row = present ?? workspaceRow(workspace, actions, readOnly);
    rows.set(workspace.id, row);
    if (workspace.phase !== 'resuming') places.delete(workspace.id);
    row.showPlace(places.get(workspace.id) ?? null);
    if (list.children[index] !== row.row) list.insertBefore(row.row, list.children[index] ?? null);
  }
  list.setAttribute('aria-busy', 'false');
  byId('empty').hidden = live.length > 0;
  byId('deleted').hidden = gone.length === 0;
  byId('deleted-count').textContent = `(${gone.length})`;
  // Made anew only where it differs, so that an event elsewhere takes no focus away.
  const shown = JSON.stringify(gone);
  const deletedList = byId('deleted-list');
  if (deletedList.dataset.shown === shown) return;
  deletedList.dataset.shown = shown;
  deletedList.replaceChildren(...gone.map((workspace) => deletedRow(workspace, undelete)));
}

/** @param {string} id @param {string} method @param {string} verb @param {object} [body] */
async function act(id, method, verb, body) {
  try {
    const answer = await call(method, `/v1/workspaces/${id}${verb}`, body);
    if (answer?.id) take(answer);
    else await load();
  } catch (problem) {
    notify(problem instanceof Error ? problem.message : 'That did not work.');
  }
}

/** @param {string} id */
async function removeWorkspace(id) {
  const name = known.get(id)?.name ?? '';
  const row = rows.get(id)?.row;
  const neighbour = row?.nextElementSibling ?? row?.previousElementSibling;
  await act(id, 'DELETE', '');
  if (known.get(id) && known.get(id)?.desired !== 'deleted') return;
  /** @type {HTMLElement} */ (neighbour?.querySelector('a.button') ?? byId('new-name')).focus();
  notify(`Deleted “${name}”.`, { label: 'Undo', act: () => undelete(id) });
}

/** @param {string} id */
async function undelete(id) {
  await act(id, 'POST', '/undelete');
  /** @type {HTMLElement | null | undefined} */ (rows.get(id)?.row.querySelector('a.button'))?.focus();
}

/** @param {string} id */
async function copyAddress(id) {
  const address = `${location.origin}/w/${id}/`;
  try {
    await navigator.clipboard.writeText(address);
    notify(`Copied ${address} — clients sign in there with a token.`);
  } catch {
    notify(`The address for Jupyter clients: ${address}`);
  }
}

/** Says a change of phase aloud once; the page shows it in the row. @param {Workspace} next */
function announce(next) {
  const held = known.get(next.id);
  if (!held || held.phase === next.phase) return;
  byId('announcer').textContent = `${next.name}: ${phaseName(next)}`;
}
