from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="SetAuditPolicyBody")


@_attrs_define
class SetAuditPolicyBody:
    """
    Attributes:
        kernel_code (bool | Unset):  Default: False.
        reads (bool | Unset):  Default: False.
        retention_days (int | None | Unset):
    """

    kernel_code: bool | Unset = False
    reads: bool | Unset = False
    retention_days: int | None | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        kernel_code = self.kernel_code

        reads = self.reads

        retention_days: int | None | Unset
        if isinstance(self.retention_days, Unset):
            retention_days = UNSET
        else:
            retention_days = self.retention_days

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if kernel_code is not UNSET:
            field_dict["kernelCode"] = kernel_code
        if reads is not UNSET:
            field_dict["reads"] = reads
        if retention_days is not UNSET:
            field_dict["retentionDays"] = retention_days

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        kernel_code = d.pop("kernelCode", UNSET)

        reads = d.pop("reads", UNSET)

        def _parse_retention_days(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        retention_days = _parse_retention_days(d.pop("retentionDays", UNSET))

        set_audit_policy_body = cls(
            kernel_code=kernel_code,
            reads=reads,
            retention_days=retention_days,
        )

        return set_audit_policy_body
