"""Uses the generated client as its reader would; tells what it saw as JSON."""

import json
import time
from uuid import uuid4

from cellbook_client.api.versions import list_versions, read_version
from cellbook_client.api.workspaces import (
    create_workspace,
    get_workspace,
    list_workspaces,
    resume_workspace,
    suspend_workspace,
)
from cellbook_client.connect import Refused, connect, done
from cellbook_client.models import CreateWorkspace, Phase

DEADLINE_SECONDS = 60


def key() -> str:
    return str(uuid4())


def reach(client, workspace_id: str, phase: Phase) -> str:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        workspace = done(get_workspace.sync(workspace_id, client=client))
        if workspace.phase == phase or time.monotonic() > deadline:
            return workspace.phase.value
        time.sleep(0.1)


def refusal(client, workspace_id: str) -> dict:
    try:
        done(get_workspace.sync(workspace_id, client=client))
    except Refused as refused:
        return {"code": refused.code, "text": str(refused)}
    return {}


def main() -> None:
    seen: dict[str, object] = {}
    with connect() as client:
        body, once = CreateWorkspace(name="From Python"), key()
        made = done(create_workspace.sync(client=client, body=body, idempotency_key=once))
        again = done(create_workspace.sync(client=client, body=body, idempotency_key=once))
        seen["made_once"] = made.id == again.id
        listed = done(list_workspaces.sync(client=client)).workspaces
        seen["listed"] = [workspace.name for workspace in listed]
        done(resume_workspace.sync(made.id, client=client, idempotency_key=key()))
        seen["resumed"] = reach(client, made.id, Phase.RUNNING)
        files = client.get_httpx_client()
        path = f"/w/{made.id}/api/contents/notes.txt"
        for content in ("one", "two"):
            file = {"type": "file", "format": "text", "content": content}
            files.put(path, json=file).raise_for_status()
        done(suspend_workspace.sync(made.id, client=client, idempotency_key=key()))
        seen["suspended"] = reach(client, made.id, Phase.SUSPENDED)
        versions = done(list_versions.sync(made.id, client=client, path="notes.txt")).versions
        first = done(read_version.sync(made.id, versions[-1].id, client=client, path="notes.txt"))
        seen["versions"] = [len(versions), first.payload.read().decode()]
        seen["refused"] = refusal(client, "ws-" + "0" * 20)
    print(json.dumps(seen))


main()
