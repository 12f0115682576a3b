from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="AuditPolicy")


@_attrs_define
class AuditPolicy:
    """
    Attributes:
        kernel_code (bool):  Default: False.
        reads (bool):  Default: False.
        retention_days (int | None):
    """

    retention_days: int | None
    kernel_code: bool = False
    reads: bool = False

    def to_dict(self) -> dict[str, Any]:
        kernel_code = self.kernel_code

        reads = self.reads

        retention_days: int | None
        retention_days = self.retention_days

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "kernelCode": kernel_code,
                "reads": reads,
                "retentionDays": retention_days,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        kernel_code = d.pop("kernelCode")

        reads = d.pop("reads")

        def _parse_retention_days(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        retention_days = _parse_retention_days(d.pop("retentionDays"))

        audit_policy = cls(
            kernel_code=kernel_code,
            reads=reads,
            retention_days=retention_days,
        )

        return audit_policy
