"""A Jupyter kernel that answers an execute_request with the code it was sent, and does nothing else.

It is the constant of the gateway benchmark: every leg reaches this same program, so what differs between
the legs is the path. One loop polls the shell and control sockets; a thread answers heartbeats. For an
execute_request it sends, in this order: status busy, a stream message carrying the payload, execute_reply,
status idle, all signed as a real kernel's are.
"""

import hashlib
import hmac
import json
import os
import signal
import sys
import threading
import uuid
from datetime import datetime, timezone

import zmq

DELIMITER = b"<IDS|MSG>"

INFO = {
    "status": "ok",
    "protocol_version": "5.4",
    "implementation": "cellbook-echo",
    "implementation_version": "1.0",
    "language_info": {
        "name": "text",
        "version": "1.0",
        "mimetype": "text/plain",
        "file_extension": ".txt",
    },
    "banner": "Echoes what it is sent.",
    "help_links": [],
}


class EchoKernel:
    def __init__(self, connection):
        self.key = connection["key"].encode()
        self.session = uuid.uuid4().hex
        self.count = 0
        context = zmq.Context()
        self.shell = bind(context, zmq.ROUTER, connection, "shell_port")
        self.control = bind(context, zmq.ROUTER, connection, "control_port")
        self.stdin = bind(context, zmq.ROUTER, connection, "stdin_port")
        self.iopub = bind(context, zmq.PUB, connection, "iopub_port")
        heartbeat = bind(context, zmq.REP, connection, "hb_port")
        threading.Thread(target=answer_heartbeats, args=(heartbeat,), daemon=True).start()

    def run(self):
        poller = zmq.Poller()
        poller.register(self.shell, zmq.POLLIN)
        poller.register(self.control, zmq.POLLIN)
        alive = True
        while alive:
            for ready, _ in poller.poll():
                alive = self.answer(ready) and alive

    def answer(self, socket):
        parts = socket.recv_multipart()
        at = parts.index(DELIMITER)
        identities, signature, body = parts[:at], parts[at + 1], parts[at + 2 :]
        if not hmac.compare_digest(self.sign(body[:4]), signature):
            return True
        header = json.loads(body[0])
        kind = header["msg_type"]
        self.publish("status", body[0], {"execution_state": "busy"})
        if kind == "execute_request":
            self.execute(socket, identities, body)
        elif kind == "kernel_info_request":
            self.reply(socket, identities, body[0], "kernel_info_reply", INFO)
        elif kind == "comm_info_request":
            self.reply(socket, identities, body[0], "comm_info_reply", {"status": "ok", "comms": {}})
        elif kind in ("shutdown_request", "interrupt_request"):
            restart = json.loads(body[3]).get("restart", False)
            content = {"status": "ok", "restart": restart}
            self.reply(socket, identities, body[0], kind.replace("_request", "_reply"), content)
        self.publish("status", body[0], {"execution_state": "idle"})
        return kind != "shutdown_request"

    def execute(self, socket, identities, body):
        self.count += 1
        text = json.loads(body[3])["code"]
        self.publish("stream", body[0], {"name": "stdout", "text": text})
        content = {
            "status": "ok",
            "execution_count": self.count,
            "user_expressions": {},
            "payload": [],
        }
        self.reply(socket, identities, body[0], "execute_reply", content)

    def publish(self, kind, parent, content):
        self.send(self.iopub, [kind.encode()], parent, kind, content)

    def reply(self, socket, identities, parent, kind, content):
        self.send(socket, identities, parent, kind, content)

    def send(self, socket, prefix, parent, kind, content):
        header = {
            "msg_id": uuid.uuid4().hex,
            "session": self.session,
            "username": "kernel",
            "date": datetime.now(timezone.utc).isoformat(),
            "msg_type": kind,
            "version": "5.4",
        }
        body = [json.dumps(header).encode(), parent, b"{}", json.dumps(content).encode()]
        socket.send_multipart(prefix + [DELIMITER, self.sign(body)] + body)

    def sign(self, body):
        if not self.key:
            return b""
        digest = hmac.new(self.key, digestmod=hashlib.sha256)
        for part in body:
            digest.update(part)
        return digest.hexdigest().encode()


def bind(context, kind, connection, port):
    """Binds the port named in the connection file; port 0 takes a free one and notes it there."""
    socket = context.socket(kind)
    socket.linger = 0
    if connection["transport"] == "ipc":
        socket.bind(f"ipc://{connection['ip']}-{connection[port]}")
    elif connection[port] == 0:
        connection[port] = socket.bind_to_random_port(f"tcp://{connection['ip']}")
    else:
        socket.bind(f"tcp://{connection['ip']}:{connection[port]}")
    return socket


def main(path):
    with open(path, encoding="utf-8") as file:
        asked = json.load(file)
    connection = dict(asked)
    kernel = EchoKernel(connection)
    if connection != asked:
        with open(f"{path}.bound", "w", encoding="utf-8") as file:
            json.dump(connection, file)
        os.replace(f"{path}.bound", path)
    kernel.run()


def answer_heartbeats(socket):
    while True:
        socket.send(socket.recv())


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    main(sys.argv[sys.argv.index("-f") + 1])
    os._exit(0)
