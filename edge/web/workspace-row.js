// One workspace of the list. The row is made once and updated in place: focus, an open name field and the
// pointer stay where they are while the state changes under them.
import { ago, element, whileBusy } from './dom.js';
import { editInPlace } from './rename.js';
import { disable } from './standing.js';

/** @typedef {import('./api.js').Workspace} Workspace */
/** @typedef {import('./api.js').Place} Place */

const phaseNames = {
  running: 'Running',
  suspended: 'Suspended',
  resuming: 'Resuming…',
  suspending: 'Suspending…',
  failed: 'Failed',
  deleting: 'Deleting…',
  deleted: 'Deleted',
};

/** @param {Workspace} workspace */
export const phaseName = (workspace) => phaseNames[workspace.phase] ?? workspace.phase;

/**
 * @param {Workspace} first
 * @param {object} actions
 * @param {(id: string) => Promise<void>} actions.suspend
 * @param {(id: string) => Promise<void>} actions.resume
 * @param {(id: string, name: string) => Promise<void>} actions.rename
 * @param {(id: string) => Promise<void>} actions.remove
 * @param {(id: string) => Promise<void>} actions.copyAddress
 * @param {string | null} readOnly Why nothing can be changed, where it cannot.
 */
export function workspaceRow(first, actions, readOnly) {
  let workspace = first;
  /** @type {Place | null} */
  let place = null;
  const { id } = first;
  const name = element('span', { class: 'name' });
  const title = element('h2', { class: 'title', id: `name-${id}` }, name);
  const renameButton = button('Rename', 'quiet icon', pencil());
  const state = element('span', { class: 'state' });
  const detail = element('span', { class: 'detail' });
  const open = element(
    'a',
    { class: 'button primary', href: `/open/${id}`, target: '_blank', rel: 'noopener' },
    'Open',
  );
  const power = button('Suspend', 'power');
  const copy = button('Copy address', 'quiet');
  const remove = button('Delete', 'quiet danger');
  const row = element(
    'li',
    { class: 'workspace', 'data-id': id, 'aria-labelledby': `name-${id}` },
    element(
      'div',
      { class: 'what' },
      element('div', { class: 'title-line' }, title, renameButton),
      element('div', { class: 'state-line' }, state, detail),
    ),
    element('div', { class: 'actions' }, open, power, copy, remove),
  );

  renameButton.addEventListener(
    'click',
    () => readOnly ?? editInPlace(name, renameButton, (wanted) => actions.rename(id, wanted)),
  );
  copy.addEventListener('click', () => whileBusy(copy, () => actions.copyAddress(id)));
  remove.addEventListener('click', () => whileBusy(remove, () => actions.remove(id)));
  power.addEventListener('click', () =>
    whileBusy(power, () => (workspace.desired === 'running' ? actions.suspend(id) : actions.resume(id))),
  );
  if (readOnly !== null) for (const control of [renameButton, power, remove]) disable(control, readOnly);
  update(first);
  return { row, update, showPlace, refreshTimes };

  /** Where it stands among those that wait to start. @param {Place | null} next */
  function showPlace(next) {
    place = next;
    refreshTimes();
  }

  /** @param {Workspace} next */
  function update(next) {
    workspace = next;
    name.textContent = next.name;
    state.textContent = phaseName(next);
    row.dataset.phase = next.phase;
    const running = next.desired === 'running';
    power.textContent = running ? 'Suspend' : 'Resume';
    for (const [control, verb] of /** @type {[HTMLElement, string][]} */ ([
      [open, 'Open'],
      [power, running ? 'Suspend' : 'Resume'],
      [copy, 'Copy address of'],
      [remove, 'Delete'],
      [renameButton, 'Rename'],
    ])) {
      control.setAttribute('aria-label', `${verb} ${next.name}`);
    }
    refreshTimes();
  }

  function refreshTimes() {
    detail.textContent = workspace.problem ?? waiting() ?? `used ${ago(workspace.lastActiveAt)}`;
    detail.classList.toggle('bad', workspace.problem !== null);
  }

  function waiting() {
    if (place === null || workspace.phase !== 'resuming') return null;
    return place.position === 1
      ? 'next to start, once another has started'
      : `number ${place.position} of ${place.of} that wait to start`;
  }
}

/** @param {Workspace} workspace @param {(id: string) => Promise<void>} undelete */
export function deletedRow(workspace, undelete) {
  const restore = button('Restore', '');
  restore.setAttribute('aria-label', `Restore ${workspace.name}`);
  restore.addEventListener('click', () => whileBusy(restore, () => undelete(workspace.id)));
  const days = Math.ceil((Date.parse(workspace.undoUntil ?? '') - Date.now()) / 86_400_000);
  return element(
    'li',
    { class: 'workspace', 'data-id': workspace.id, 'data-phase': 'deleted' },
    element(
      'div',
      { class: 'what' },
      element('h2', { class: 'title' }, element('span', { class: 'name' }, workspace.name)),
      element(
        'div',
        { class: 'state-line' },
        element('span', { class: 'detail' }, `kept for ${days} more ${days === 1 ? 'day' : 'days'}`),
      ),
    ),
    element('div', { class: 'actions' }, restore),
  );
}

/** @param {string} label @param {string} kind @param {Node | string} content */
function button(label, kind, content = label) {
  return element('button', { type: 'button', class: `button ${kind}`.trim() }, content);
}

function pencil() {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute(
    'd',
    'M2.500 13.500l.7-3L10.700 3a1.400 1.400 0 0 1 2 0l.3.3a1.400 1.400 0 0 1 0 2L5.500 12.800zM9.500 4.300l2.200 2.200',
  );
  svg.append(path);
  return svg;
}
