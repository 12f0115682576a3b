/** What a notebook's user is told when its kernel starts afresh. Pure. */

export interface RestartWords {
  /** A death is worth a dialog; a planned suspend is not. */
  isDeath: boolean;
  title: string;
  text: string;
}

/** JupyterLab shows at most 140 characters of a notification. `reason`: what the cell recorded about the kernel's end, or null after a planned suspend. */
export function restartWords(notebook: string, reason: string | null): RestartWords {
  if (reason !== null && reason !== '') {
    return { isDeath: true, title: `The kernel of ${notebook} ended`, text: reason };
  }
  const text = `The workspace was suspended: files and outputs are kept, the variables of ${notebook} are not.`;
  return { isDeath: false, title: '', text };
}
