from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.usage_memory_bytes import UsageMemoryBytes
    from ..models.usage_running_sandboxes import UsageRunningSandboxes
    from ..models.usage_storage_bytes import UsageStorageBytes
    from ..models.usage_workspaces import UsageWorkspaces


T = TypeVar("T", bound="Usage")


@_attrs_define
class Usage:
    """
    Attributes:
        workspaces (UsageWorkspaces):
        running_sandboxes (UsageRunningSandboxes):
        memory_bytes (UsageMemoryBytes):
        storage_bytes (UsageStorageBytes):
    """

    workspaces: UsageWorkspaces
    running_sandboxes: UsageRunningSandboxes
    memory_bytes: UsageMemoryBytes
    storage_bytes: UsageStorageBytes

    def to_dict(self) -> dict[str, Any]:
        workspaces = self.workspaces.to_dict()

        running_sandboxes = self.running_sandboxes.to_dict()

        memory_bytes = self.memory_bytes.to_dict()

        storage_bytes = self.storage_bytes.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "workspaces": workspaces,
                "runningSandboxes": running_sandboxes,
                "memoryBytes": memory_bytes,
                "storageBytes": storage_bytes,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.usage_memory_bytes import UsageMemoryBytes
        from ..models.usage_running_sandboxes import UsageRunningSandboxes
        from ..models.usage_storage_bytes import UsageStorageBytes
        from ..models.usage_workspaces import UsageWorkspaces

        d = dict(src_dict)
        workspaces = UsageWorkspaces.from_dict(d.pop("workspaces"))

        running_sandboxes = UsageRunningSandboxes.from_dict(d.pop("runningSandboxes"))

        memory_bytes = UsageMemoryBytes.from_dict(d.pop("memoryBytes"))

        storage_bytes = UsageStorageBytes.from_dict(d.pop("storageBytes"))

        usage = cls(
            workspaces=workspaces,
            running_sandboxes=running_sandboxes,
            memory_bytes=memory_bytes,
            storage_bytes=storage_bytes,
        )

        return usage
