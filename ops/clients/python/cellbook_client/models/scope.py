from enum import StrEnum


class Scope(StrEnum):
    AUDIT = "audit"
    JOBS = "jobs"
    JOBSREAD = "jobs:read"
    KEYS = "keys"
    NOTEBOOKS = "notebooks"
    NOTEBOOKSREAD = "notebooks:read"
    ORG = "org"
    PLATFORM = "platform"
    SECRETS = "secrets"
    WORKSPACES = "workspaces"
    WORKSPACESREAD = "workspaces:read"

    def __str__(self) -> str:
        return str(self.value)
