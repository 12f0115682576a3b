/** The workspace's state at the left of the status bar; a click goes to the console. */
import { Widget } from '@lumino/widgets';
import { stateHint, stateLabel, stateWords, type WorkspaceState } from './workspace-state.ts';

export class WorkspaceStatusItem extends Widget {
  readonly #link: HTMLAnchorElement;
  readonly #dot: HTMLSpanElement;
  readonly #label: Text;

  constructor(consoleUrl: string) {
    super();
    this.addClass('cb-WorkspaceStatus');
    this.#link = document.createElement('a');
    this.#link.href = consoleUrl;
    this.#link.target = 'cellbook-console';
    this.#link.rel = 'noopener';
    this.#dot = document.createElement('span');
    this.#dot.className = 'cb-WorkspaceStatus-dot';
    this.#label = document.createTextNode('');
    this.#link.append(this.#dot, this.#label);
    this.node.append(this.#link);
  }

  display(state: WorkspaceState): void {
    const label = stateLabel(state);
    this.#label.data = state.name === '' ? label : `${state.name}: ${label}`;
    this.#link.title = `${stateHint(state)} Click for the console.`.trim();
    this.#dot.dataset.tone = stateWords(state.phase).tone;
  }
}
