from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.audit_outcome import AuditOutcome

T = TypeVar("T", bound="AuditEventResult")


@_attrs_define
class AuditEventResult:
    """
    Attributes:
        outcome (AuditOutcome):
        code (None | str):
        status (int | None):
    """

    outcome: AuditOutcome
    code: None | str
    status: int | None

    def to_dict(self) -> dict[str, Any]:
        outcome = self.outcome.value

        code: None | str
        code = self.code

        status: int | None
        status = self.status

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "outcome": outcome,
                "code": code,
                "status": status,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        outcome = AuditOutcome(d.pop("outcome"))

        def _parse_code(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        code = _parse_code(d.pop("code"))

        def _parse_status(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        status = _parse_status(d.pop("status"))

        audit_event_result = cls(
            outcome=outcome,
            code=code,
            status=status,
        )

        return audit_event_result
