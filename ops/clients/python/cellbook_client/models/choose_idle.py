from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="ChooseIdle")


@_attrs_define
class ChooseIdle:
    """
    Attributes:
        idle_suspend_seconds (int | None):
    """

    idle_suspend_seconds: int | None

    def to_dict(self) -> dict[str, Any]:
        idle_suspend_seconds: int | None
        idle_suspend_seconds = self.idle_suspend_seconds

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "idleSuspendSeconds": idle_suspend_seconds,
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

        choose_idle = cls(
            idle_suspend_seconds=idle_suspend_seconds,
        )

        return choose_idle
