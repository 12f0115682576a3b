/** What a dialog shows of the installed packages: a summary, a table that is scrolled by keys, the lockfile. */
import { Widget } from '@lumino/widgets';
import { type Environment, environmentSummary } from './environment-words.ts';

export class EnvironmentPanel extends Widget {
  constructor(environment: Environment, lockUrl: string) {
    super();
    this.addClass('cb-Environment');
    const time = (at: Date) => at.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
    for (const line of environmentSummary(environment, time)) this.node.append(element('p', line));
    if (environment.packages.length === 0) return;
    this.node.append(tableOf(environment));
    const lock = document.createElement('a');
    lock.href = lockUrl;
    lock.download = 'requirements.txt';
    lock.textContent = 'Download the lockfile (requirements.txt)';
    this.node.append(lock);
  }
}

function tableOf({ packages }: Environment): HTMLElement {
  const scrolled = document.createElement('div');
  scrolled.className = 'cb-Environment-packages';
  scrolled.tabIndex = 0;
  scrolled.setAttribute('role', 'region');
  scrolled.setAttribute('aria-label', 'Installed packages');
  const table = document.createElement('table');
  const head = table.createTHead().insertRow();
  for (const title of ['Package', 'Version']) {
    const cell = element('th', title);
    cell.setAttribute('scope', 'col');
    head.append(cell);
  }
  const body = table.createTBody();
  for (const { name, version } of packages)
    body.insertRow().append(element('td', name), element('td', version));
  scrolled.append(table);
  return scrolled;
}

function element(tag: 'p' | 'th' | 'td', text: string): HTMLElement {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}
