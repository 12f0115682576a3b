from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.miss_cause import MissCause
from ..models.rung import Rung

T = TypeVar("T", bound="MissedRung")


@_attrs_define
class MissedRung:
    """
    Attributes:
        rung (Rung):
        cause (MissCause):
        why (str):
    """

    rung: Rung
    cause: MissCause
    why: str

    def to_dict(self) -> dict[str, Any]:
        rung = self.rung.value

        cause = self.cause.value

        why = self.why

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "rung": rung,
                "cause": cause,
                "why": why,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        rung = Rung(d.pop("rung"))

        cause = MissCause(d.pop("cause"))

        why = d.pop("why")

        missed_rung = cls(
            rung=rung,
            cause=cause,
            why=why,
        )

        return missed_rung
