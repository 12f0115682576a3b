"""What a kernel says, on its way to the cell: counted, never lost where a client waits for it.

Streams and displays are dropped while the outbox is above its soft limit, and the notebook is told how
many where they would have stood. Above the hard limit the kernel itself is stopped until there is room.
"""

import json
import signal

from . import frames, kernel_message, processes, settings

INTERNAL = "cellbook-"
_DROPPABLE = (b'"stream"', b'"display_data"', b'"update_display_data"')
_FRAMING_BYTES = 16 * 1024
_HEADER_BYTES_MAX = 64 * 1024


class KernelOutput:
    def __init__(self, outbox, stream, listen):
        self._outbox = outbox
        self.stream = stream
        self._listen = listen
        self._dropped = None
        self._notices = 0
        self._stopped_pid = None
        self.seq = 0

    def forward(self, channel, parts, pid):
        size = sum(map(len, parts))
        droppable = channel == b"iopub" and any(kind in parts[0] for kind in _DROPPABLE)
        if droppable and self._outbox.over_soft:
            count, total, _ = self._dropped or (0, 0, None)
            parent = parts[1] if len(parts[1]) <= _HEADER_BYTES_MAX else b"{}"
            self._dropped = (count + 1, total + size, parent)
            return
        if size + _FRAMING_BYTES > settings.FRAME_BYTES_MAX:
            self._too_large(channel, parts, size)
            return
        self._tell_dropped()
        self._send(channel, parts)
        if self._outbox.over_hard and self._stopped_pid is None:
            self._stopped_pid = pid
            processes.signal_group(pid, signal.SIGSTOP)
            self._listen(False)

    def room(self):
        """The outbox has drained: say what was lost, go on where it was stopped."""
        self._tell_dropped()
        if self._stopped_pid is not None:
            processes.signal_group(self._stopped_pid, signal.SIGCONT)
            self._stopped_pid = None
            self._listen(True)

    def process_ended(self):
        self._stopped_pid = None

    def _send(self, channel, parts):
        self.seq += 1
        body = kernel_message.frame_parts(channel, parts)
        self._outbox.send(frames.KERNEL_OUTPUT, self.stream, [self.seq.to_bytes(8, "little"), *body])

    def _tell_dropped(self):
        if self._dropped is None or self._outbox.over_soft:
            return
        count, total, parent = self._dropped
        self._dropped = None
        self._notice(
            parent,
            "[cellbook] %d output messages (%.1f MB) were dropped here: output came faster than it could be "
            "shown. The code went on running.\n" % (count, total / 1e6),
        )

    def _notice(self, parent, text):
        self._notices += 1
        message_id = "%sn%d" % (INTERNAL, self._notices)
        content = {"name": "stderr", "text": text}
        self._send(b"iopub", kernel_message.build("stream", message_id, "cellbook", content, parent))

    def _too_large(self, channel, parts, size):
        # code may put anything there, and a notice about what is too large must not be so itself
        header, parent = (part if len(part) <= _HEADER_BYTES_MAX else b"{}" for part in parts[:2])
        limit = "%.1f MB is over the limit of %.1f MB" % (size / 1e6, settings.FRAME_BYTES_MAX / 1e6)
        if channel == b"iopub":
            shown = self._cut_stream(header, parent, parts[3])
            what = "the rest of an output is not shown" if shown else "an output was not sent"
            self._notice(parent, "[cellbook] too_large: %s: %s.\n" % (what, limit))
            return
        content = {"status": "error", "ename": "too_large", "evalue": limit, "traceback": []}
        self._send(channel, [header, parent, b"{}", json.dumps(content).encode()])

    def _cut_stream(self, header, parent, content):
        """A loop of prints can fill one message above any limit: its beginning is shown, not nothing."""
        if b'"stream"' not in header:
            return False
        read = kernel_message.read_object(content)
        name, text = read.get("name"), read.get("text")
        if name not in ("stdout", "stderr") or not isinstance(text, str):
            return False
        cut = {"name": name, "text": text[: settings.CUT_STREAM_CHARS] + "\n"}
        self._send(b"iopub", [header, parent, b"{}", json.dumps(cut).encode()])
        return True
