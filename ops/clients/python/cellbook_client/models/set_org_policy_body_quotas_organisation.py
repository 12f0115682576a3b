from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="SetOrgPolicyBodyQuotasOrganisation")


@_attrs_define
class SetOrgPolicyBodyQuotasOrganisation:
    """
    Attributes:
        workspaces (int | Unset):
        running_sandboxes (int | Unset):
        memory_bytes (int | Unset):
        storage_bytes (int | Unset):
    """

    workspaces: int | Unset = UNSET
    running_sandboxes: int | Unset = UNSET
    memory_bytes: int | Unset = UNSET
    storage_bytes: int | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        workspaces = self.workspaces

        running_sandboxes = self.running_sandboxes

        memory_bytes = self.memory_bytes

        storage_bytes = self.storage_bytes

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if workspaces is not UNSET:
            field_dict["workspaces"] = workspaces
        if running_sandboxes is not UNSET:
            field_dict["runningSandboxes"] = running_sandboxes
        if memory_bytes is not UNSET:
            field_dict["memoryBytes"] = memory_bytes
        if storage_bytes is not UNSET:
            field_dict["storageBytes"] = storage_bytes

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        workspaces = d.pop("workspaces", UNSET)

        running_sandboxes = d.pop("runningSandboxes", UNSET)

        memory_bytes = d.pop("memoryBytes", UNSET)

        storage_bytes = d.pop("storageBytes", UNSET)

        set_org_policy_body_quotas_organisation = cls(
            workspaces=workspaces,
            running_sandboxes=running_sandboxes,
            memory_bytes=memory_bytes,
            storage_bytes=storage_bytes,
        )

        set_org_policy_body_quotas_organisation.additional_properties = d
        return set_org_policy_body_quotas_organisation

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
