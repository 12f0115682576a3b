from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.rung import Rung

if TYPE_CHECKING:
    from ..models.missed_rung import MissedRung
    from ..models.resume_step import ResumeStep


T = TypeVar("T", bound="Resume")


@_attrs_define
class Resume:
    """
    Attributes:
        rung (Rung):
        missed (list[MissedRung]):
        duration_ms (int):
        steps (list[ResumeStep]):
        at (datetime.datetime):
    """

    rung: Rung
    missed: list[MissedRung]
    duration_ms: int
    steps: list[ResumeStep]
    at: datetime.datetime

    def to_dict(self) -> dict[str, Any]:
        rung = self.rung.value

        missed = []
        for missed_item_data in self.missed:
            missed_item = missed_item_data.to_dict()
            missed.append(missed_item)

        duration_ms = self.duration_ms

        steps = []
        for steps_item_data in self.steps:
            steps_item = steps_item_data.to_dict()
            steps.append(steps_item)

        at = self.at.isoformat()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "rung": rung,
                "missed": missed,
                "durationMs": duration_ms,
                "steps": steps,
                "at": at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.missed_rung import MissedRung
        from ..models.resume_step import ResumeStep

        d = dict(src_dict)
        rung = Rung(d.pop("rung"))

        missed = []
        _missed = d.pop("missed")
        for missed_item_data in _missed:
            missed_item = MissedRung.from_dict(missed_item_data)

            missed.append(missed_item)

        duration_ms = d.pop("durationMs")

        steps = []
        _steps = d.pop("steps")
        for steps_item_data in _steps:
            steps_item = ResumeStep.from_dict(steps_item_data)

            steps.append(steps_item)

        at = datetime.datetime.fromisoformat(d.pop("at"))

        resume = cls(
            rung=rung,
            missed=missed,
            duration_ms=duration_ms,
            steps=steps,
            at=at,
        )

        return resume
