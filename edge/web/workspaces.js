// The list of workspaces: what the API says, what the events change, and what the person asks for. What is
// shown is always what the platform last said; a click changes nothing here until it has answered.
import { call, listWorkspaces } from './api.js';
import { byId, showProblem } from './dom.js';
import { followEvents } from './events.js';
import { notify } from './notices.js';
import { deletedRow, phaseName, workspaceRow } from './workspace-row.js';

/** @typedef {import('./api.js').Workspace} Workspace */

/** @type {Map<string, Workspace>} */
const workspaces = new Map();
/** @type {Map<string, ReturnType<typeof workspaceRow>>} */
const rows = new Map();
let loaded = false;

const list = byId('workspaces');
const actions = {
  suspend: (/** @type {string} */ id) => act(id, 'POST', '/suspend'),
  resume: (/** @type {string} */ id) => act(id, 'POST', '/resume'),
  rename: (/** @type {string} */ id, /** @type {string} */ name) => act(id, 'PATCH', '', { name }),
  remove: removeWorkspace,
  copyAddress,
};

export function startWorkspaces() {
  byId('retry').addEventListener('click', load);
  byId('create').addEventListener('submit', create);
  followEvents({
    onWorkspace: (workspace) => {
      announce(workspace);
      take(workspace);
    },
    onOpen: () => {
      byId('connection').textContent = '';
      load();
    },
    onBreak: () => {
      byId('connection').textContent = 'Not live: reconnecting…';
      if (!loaded) load();
    },
  });
  setInterval(() => {
    for (const row of rows.values()) row.refreshTimes();
  }, 30_000);
}

async function load() {
  try {
    const all = await listWorkspaces();
    const present = new Set(all.map(({ id }) => id));
    for (const id of workspaces.keys()) if (!present.has(id)) workspaces.delete(id);
    for (const workspace of all) keepNewest(workspace);
    loaded = true;
    byId('failure').hidden = true;
    show();
  } catch (problem) {
    if (loaded) return;
    byId('failure-text').textContent = problem instanceof Error ? problem.message : '';
    byId('failure').hidden = false;
    list.replaceChildren();
    list.setAttribute('aria-busy', 'false');
  }
}

/** An answer may overtake an event or the other way round; the generation says which is older. @param {Workspace} workspace */
function keepNewest(workspace) {
  const held = workspaces.get(workspace.id);
  if (!held || workspace.generation >= held.generation) workspaces.set(workspace.id, workspace);
}

/** @param {Workspace} workspace */
function take(workspace) {
  keepNewest(workspace);
  if (loaded) show();
}

function show() {
  const all = [...workspaces.values()];
  const live = all.filter(({ desired }) => desired !== 'deleted');
  const gone = all.filter(
    ({ desired, undoUntil }) => desired === 'deleted' && undoUntil && Date.parse(undoUntil) > Date.now(),
  );
  live.sort(
    (one, other) => Date.parse(other.createdAt) - Date.parse(one.createdAt) || one.id.localeCompare(other.id),
  );

  for (const skeleton of list.querySelectorAll('.skeleton')) skeleton.remove();
  for (const [id, { row }] of rows) {
    if (live.some((workspace) => workspace.id === id)) continue;
    row.remove();
    rows.delete(id);
  }
  for (const [index, workspace] of live.entries()) {
    const known = rows.get(workspace.id);
    if (known) known.update(workspace);
    const row = known ?? workspaceRow(workspace, actions);
    rows.set(workspace.id, row);
    if (list.children[index] !== row.row) list.insertBefore(row.row, list.children[index] ?? null);
  }
  list.setAttribute('aria-busy', 'false');
  byId('empty').hidden = live.length > 0;
  byId('deleted').hidden = gone.length === 0;
  byId('deleted-count').textContent = `(${gone.length})`;
  byId('deleted-list').replaceChildren(...gone.map((workspace) => deletedRow(workspace, undelete)));
}

/** @param {SubmitEvent} event */
async function create(event) {
  event.preventDefault();
  const input = /** @type {HTMLInputElement} */ (byId('new-name'));
  const button = /** @type {HTMLButtonElement} */ (event.submitter ?? byId('create').querySelector('button'));
  const name = input.value.trim();
  if (!name || button.disabled) return;
  button.disabled = true;
  showProblem(byId('create-problem'), null);
  try {
    take(await call('POST', '/v1/workspaces', { name }));
    input.value = '';
    byId('announcer').textContent = `Created ${name}`;
  } catch (problem) {
    showProblem(byId('create-problem'), problem);
  } finally {
    button.disabled = false;
    input.focus();
  }
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
  const name = workspaces.get(id)?.name ?? '';
  const row = rows.get(id)?.row;
  const neighbour = row?.nextElementSibling ?? row?.previousElementSibling;
  await act(id, 'DELETE', '');
  if (workspaces.get(id) && workspaces.get(id)?.desired !== 'deleted') return;
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
  const held = workspaces.get(next.id);
  if (!held || held.phase === next.phase) return;
  byId('announcer').textContent = `${next.name}: ${phaseName(next)}`;
}
