from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.pending_no_such_hardware_code import PendingNoSuchHardwareCode

T = TypeVar("T", bound="PendingNoSuchHardware")


@_attrs_define
class PendingNoSuchHardware:
    """
    Attributes:
        code (PendingNoSuchHardwareCode):
        problem (str):
    """

    code: PendingNoSuchHardwareCode
    problem: str

    def to_dict(self) -> dict[str, Any]:
        code = self.code.value

        problem = self.problem

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "code": code,
                "problem": problem,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        code = PendingNoSuchHardwareCode(d.pop("code"))

        problem = d.pop("problem")

        pending_no_such_hardware = cls(
            code=code,
            problem=problem,
        )

        return pending_no_such_hardware
