from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="SetOrgPolicyBodyQuotasJobsUser")


@_attrs_define
class SetOrgPolicyBodyQuotasJobsUser:
    """
    Attributes:
        unfinished (int | Unset):
        spend_micros_per_month (int | Unset):
    """

    unfinished: int | Unset = UNSET
    spend_micros_per_month: int | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        unfinished = self.unfinished

        spend_micros_per_month = self.spend_micros_per_month

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if unfinished is not UNSET:
            field_dict["unfinished"] = unfinished
        if spend_micros_per_month is not UNSET:
            field_dict["spendMicrosPerMonth"] = spend_micros_per_month

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        unfinished = d.pop("unfinished", UNSET)

        spend_micros_per_month = d.pop("spendMicrosPerMonth", UNSET)

        set_org_policy_body_quotas_jobs_user = cls(
            unfinished=unfinished,
            spend_micros_per_month=spend_micros_per_month,
        )

        set_org_policy_body_quotas_jobs_user.additional_properties = d
        return set_org_policy_body_quotas_jobs_user

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
