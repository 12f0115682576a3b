from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="SetOrgPolicyBodyQuotasIdle")


@_attrs_define
class SetOrgPolicyBodyQuotasIdle:
    """
    Attributes:
        seconds_default (int | Unset):
        seconds_max (int | Unset):
    """

    seconds_default: int | Unset = UNSET
    seconds_max: int | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        seconds_default = self.seconds_default

        seconds_max = self.seconds_max

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if seconds_default is not UNSET:
            field_dict["secondsDefault"] = seconds_default
        if seconds_max is not UNSET:
            field_dict["secondsMax"] = seconds_max

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        seconds_default = d.pop("secondsDefault", UNSET)

        seconds_max = d.pop("secondsMax", UNSET)

        set_org_policy_body_quotas_idle = cls(
            seconds_default=seconds_default,
            seconds_max=seconds_max,
        )

        set_org_policy_body_quotas_idle.additional_properties = d
        return set_org_policy_body_quotas_idle

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
