"""Runs a notebook with parameters, cell by cell, and writes it out with its outputs (gpu-agent/README.md has the contract).

The parameters are set in a cell before the first one, as papermill does. A cell that fails ends the run with code 1; the
notebook with the traceback is written all the same, and the traceback is printed for the job's log.
"""

import json
import os
import sys
from pathlib import Path

from jupyter_client.manager import KernelManager

START_SECONDS_MAX = 120


def parameters_cell(parameters: dict) -> dict:
    lines = [f"{name} = {value!r}\n" for name, value in parameters.items()]
    return {
        "cell_type": "code",
        "metadata": {"tags": ["injected-parameters"]},
        "source": "".join(["# Parameters\n", *lines]),
        "execution_count": None,
        "outputs": [],
    }


def output_of(kind: str, content: dict) -> dict | None:
    """What nbformat keeps of a message; None: nothing."""
    if kind == "stream":
        return {"output_type": kind, "name": content["name"], "text": content["text"]}
    if kind == "error":
        return {"output_type": kind, **{key: content[key] for key in ("ename", "evalue", "traceback")}}
    if kind in ("display_data", "execute_result"):
        output = {"output_type": kind, "data": content["data"], "metadata": content["metadata"]}
        return output | ({"execution_count": content["execution_count"]} if kind == "execute_result" else {})
    return None


def run_cell(client, cell: dict) -> bool:
    """Runs it to its end, however long that takes: the agent keeps the time."""
    cell["outputs"] = []

    def hear(message: dict) -> None:
        kind, content = message["header"]["msg_type"], message["content"]
        output = output_of(kind, content)
        if output is not None:
            cell["outputs"].append(output)
        if kind == "error":
            print("\n".join(content["traceback"]), flush=True)

    reply = client.execute_interactive("".join(cell["source"]), timeout=None, output_hook=hear, allow_stdin=False)
    cell["execution_count"] = reply["content"].get("execution_count")
    return reply["content"]["status"] == "ok"


def main() -> int:
    job = json.loads(Path(os.environ["CELLBOOK_JOB_FILE"]).read_text())
    given = job["parameters"]
    notebook, parameters = given["notebook"], given.get("parameters", {})
    if parameters:
        notebook["cells"].insert(0, parameters_cell(parameters))
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    # Without a network there is not even 127.0.0.1: kernel and client meet in the file system.
    manager = KernelManager(kernel_name="python3", transport="ipc")
    manager.ip = str(Path(os.environ["TMPDIR"]) / "kernel")
    manager.start_kernel()
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=START_SECONDS_MAX)
        done = True
        for number, cell in enumerate(cells, 1):
            done = run_cell(client, cell)
            print(f"cellbook-progress: {number / len(cells):.4f} cell {number}/{len(cells)}", flush=True)
            if not done:
                break
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    (Path(os.environ["CELLBOOK_OUTPUT_DIR"]) / "notebook.ipynb").write_text(json.dumps(notebook))
    return 0 if done else 1


sys.exit(main())
