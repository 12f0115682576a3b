// The phases of workspaces as they change: server-sent events, taken up again whatever ends them. The browser
// itself retries a broken stream but gives up on a refused one (503 while a cell restarts), so this does not.

const retryMsMin = 300;
const retryMsMax = 15_000;

/**
 * @param {object} handlers
 * @param {(workspace: import('./api.js').Workspace) => void} handlers.onWorkspace
 * @param {(id: string, place: import('./api.js').Place | null) => void} handlers.onPlace Its place among those that wait to start.
 * @param {() => void} handlers.onOpen Connected, the first time and after every break: what was missed is to be fetched.
 * @param {() => void} handlers.onBreak It did not come back at once, as it does after the cell ends a stream in peace.
 */
export function followEvents({ onWorkspace, onPlace, onOpen, onBreak }) {
  let retryMs = retryMsMin;
  connect();

  function connect() {
    const source = new EventSource('/v1/events');
    source.addEventListener('open', () => {
      retryMs = retryMsMin;
      onOpen();
    });
    source.addEventListener('workspace', (event) => onWorkspace(JSON.parse(event.data).workspace));
    source.addEventListener('queue', (event) => {
      const { workspaceId, queue } = JSON.parse(event.data);
      onPlace(workspaceId, queue);
    });
    source.addEventListener('error', () => {
      source.close();
      if (retryMs > retryMsMin) onBreak();
      setTimeout(connect, retryMs * (0.7 + 0.6 * Math.random()));
      retryMs = Math.min(retryMsMax, retryMs * 2);
    });
  }
}
