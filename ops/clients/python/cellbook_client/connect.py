"""What the generated client does not know: where the platform is, who asks, and that a refusal is an exception.

    from cellbook_client.api.workspaces import list_workspaces
    from cellbook_client.connect import connect, done

    with connect() as client:  # CELLBOOK_URL and CELLBOOK_TOKEN
        for workspace in done(list_workspaces.sync(client=client)).workspaces:
            print(workspace.id, workspace.phase)
"""

import os
from typing import TypeVar

from .client import AuthenticatedClient
from .models.error import Error
from .types import Unset

Answer = TypeVar("Answer")


class Refused(Exception):
    """The platform said no; `error.code` says why, in a word that programs can rely on."""

    def __init__(self, error: Error) -> None:
        advice = "" if isinstance(error.next_, Unset) else f" {error.next_}"
        super().__init__(f"{error.message}{advice}")
        self.error = error
        self.code = str(error.code)


def connect(
    url: str | None = None, token: str | None = None, *, at: str | None = None, timeout: float = 120
) -> AuthenticatedClient:
    """A client for the platform at `url` (or CELLBOOK_URL) with the key `token` (or CELLBOOK_TOKEN).

    `at` is another user's id or a cell's, for admins and operators. `timeout` is in seconds.
    """
    url = url or os.environ.get("CELLBOOK_URL") or "http://localhost:8787"
    token = token or os.environ.get("CELLBOOK_TOKEN")
    if not token:
        raise ValueError("there is no key: set CELLBOOK_TOKEN, or pass token=")
    headers = {} if at is None else {"cellbook-at": at}
    return AuthenticatedClient(base_url=url.rstrip("/"), token=token, headers=headers, timeout=timeout)


def done(answer: Answer | Error | None) -> Answer:
    """The answer, or the refusal that it is, raised."""
    if isinstance(answer, Error):
        raise Refused(answer)
    if answer is None:
        raise ValueError("the platform answered nothing that its description knows")
    return answer
