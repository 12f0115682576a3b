from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="IdleUsual")


@_attrs_define
class IdleUsual:
    """
    Attributes:
        idle_suspend_seconds (int | None):
        is_chosen (bool):
        seconds_max (int | None):
    """

    idle_suspend_seconds: int | None
    is_chosen: bool
    seconds_max: int | None

    def to_dict(self) -> dict[str, Any]:
        idle_suspend_seconds: int | None
        idle_suspend_seconds = self.idle_suspend_seconds

        is_chosen = self.is_chosen

        seconds_max: int | None
        seconds_max = self.seconds_max

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "idleSuspendSeconds": idle_suspend_seconds,
                "isChosen": is_chosen,
                "secondsMax": seconds_max,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)

        def _parse_idle_suspend_seconds(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        idle_suspend_seconds = _parse_idle_suspend_seconds(d.pop("idleSuspendSeconds"))

        is_chosen = d.pop("isChosen")

        def _parse_seconds_max(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        seconds_max = _parse_seconds_max(d.pop("secondsMax"))

        idle_usual = cls(
            idle_suspend_seconds=idle_suspend_seconds,
            is_chosen=is_chosen,
            seconds_max=seconds_max,
        )

        return idle_usual
