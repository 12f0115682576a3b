import type { Terminal, TerminalManager } from '@jupyterlab/services';

/** Types a line into a new terminal and waits for a word in what comes back; the caller sets the deadline. */
export async function runInTerminal(terminals: TerminalManager, line: string, word: string): Promise<string> {
  const terminal = await terminals.startNew();
  try {
    const answer = heard(terminal, word);
    terminal.send({ type: 'stdin', content: [`${line}\r`] });
    return await answer;
  } finally {
    await terminal.shutdown();
  }
}

function heard(terminal: Terminal.ITerminalConnection, word: string): Promise<string> {
  return new Promise((resolve) => {
    let said = '';
    terminal.messageReceived.connect((_, message) => {
      if (message.type === 'stdout') said += message.content?.join('') ?? '';
      if (said.includes(word)) resolve(said);
    });
  });
}
