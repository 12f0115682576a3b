/** A notebook's socket in k6: one cell, and what it printed. */
import { WebSocket } from 'k6/websockets';

const resultDeadlineMs = 60_000;

/** What the cell printed; null where the kernel did not answer in time. `session` is the client's own. */
export function runCell(url, headers, code, session) {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${url}?session_id=${session}`, null, { headers });
    const end = (printed) => {
      clearTimeout(timer);
      socket.close();
      resolve(printed);
    };
    const timer = setTimeout(() => end(null), resultDeadlineMs);
    const messageId = `${session}-${Date.now()}`;
    socket.onopen = () => socket.send(JSON.stringify(executeRequest(session, messageId, code)));
    socket.onerror = () => end(null);
    socket.onmessage = ({ data }) => {
      const { parent_header: parent, msg_type: type, content } = JSON.parse(data);
      if (parent.msg_id !== messageId) return;
      if (type === 'stream') end(content.text);
      if (type === 'error') end(content.evalue);
    };
  });
}

function executeRequest(session, messageId, code) {
  const header = { msg_id: messageId, msg_type: 'execute_request', session, username: '', version: '5.3' };
  const content = { code, silent: false, store_history: true, allow_stdin: false, stop_on_error: true };
  return { channel: 'shell', header, parent_header: {}, metadata: {}, content };
}
