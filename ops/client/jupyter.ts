/** A workspace through an ordinary Jupyter client: JupyterLab's own services library, in Node. */
import { PageConfig } from '@jupyterlab/coreutils';
import {
  ContentsManager,
  Drive,
  type Kernel,
  KernelManager,
  type KernelMessage,
  ServerConnection,
  SessionManager,
  TerminalManager,
} from '@jupyterlab/services';

export interface JupyterClient {
  settings: ServerConnection.ISettings;
  kernels: KernelManager;
  sessions: SessionManager;
  contents: ContentsManager;
  terminals: TerminalManager;
  dispose(): void;
}

export function jupyterClient(origin: string, workspaceId: string, token: string): JupyterClient {
  // In a browser the page says so; without it the library refuses to ask for a terminal.
  PageConfig.setOption('terminalsAvailable', 'true');
  const baseUrl = `${origin}/w/${workspaceId}/`;
  const settings = ServerConnection.makeSettings({
    baseUrl,
    wsUrl: baseUrl.replace(/^http/, 'ws'),
    token,
    appendToken: true,
  });
  const kernels = new KernelManager({ serverSettings: settings });
  const sessions = new SessionManager({ serverSettings: settings, kernelManager: kernels });
  const contents = new ContentsManager({ defaultDrive: new Drive({ serverSettings: settings }) });
  const terminals = new TerminalManager({ serverSettings: settings });
  return {
    settings,
    kernels,
    sessions,
    contents,
    terminals,
    dispose() {
      for (const manager of [sessions, kernels, contents, terminals]) manager.dispose();
    },
  };
}

export interface Execution {
  status: string;
  /** All text written to stdout and stderr. */
  text: string;
  /** The plain-text form of the value of the last expression. */
  value: string;
}

/** Runs code to its end and gathers what it says. */
export async function execute(kernel: Kernel.IKernelConnection, code: string): Promise<Execution> {
  const execution: Execution = { status: '', text: '', value: '' };
  const future = kernel.requestExecute({ code });
  future.onIOPub = (message) => gather(execution, message);
  const reply = await future.done;
  return { ...execution, status: reply.content.status };
}

function gather(execution: Execution, message: KernelMessage.IIOPubMessage): void {
  const content = message.content as Record<string, unknown>;
  if (message.header.msg_type === 'stream') execution.text += String(content.text);
  if (message.header.msg_type === 'error') execution.text += `${content.ename}: ${content.evalue}`;
  if (message.header.msg_type === 'execute_result') {
    execution.value = String((content.data as Record<string, unknown>)['text/plain']);
  }
}
