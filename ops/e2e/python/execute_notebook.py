"""Executes a notebook with nbclient on a kernel behind a gateway, and prints its outputs as JSON.

JUPYTER_GATEWAY_URL and JUPYTER_GATEWAY_AUTH_TOKEN say where; the notebook's code cells come as JSON on standard
input. This is how nbclient and papermill reach a kernel somewhere else.
"""

import functools
import json
import os
import sys

import nbformat
from jupyter_server.gateway import managers
from nbclient import NotebookClient

# jupyter_server 2.21 sends the token with its requests and forgets it on the kernel's socket.
token = os.environ["JUPYTER_GATEWAY_AUTH_TOKEN"]
managers.websocket.create_connection = functools.partial(
    managers.websocket.create_connection, header=[f"Authorization: token {token}"]
)

sources = json.load(sys.stdin)
notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
client = NotebookClient(
    notebook,
    kernel_name="python3",
    kernel_manager_class=managers.GatewayKernelManager,
    timeout=90,
    startup_timeout=90,
)
client.execute()
print(json.dumps([cell["outputs"] for cell in notebook.cells]))
