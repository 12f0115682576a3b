from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.edit_workspace_idle_suspend_seconds_type_1 import (
    EditWorkspaceIdleSuspendSecondsType1,
)
from ..types import UNSET, Unset

T = TypeVar("T", bound="EditWorkspace")


@_attrs_define
class EditWorkspace:
    """
    Attributes:
        name (str | Unset):
        idle_suspend_seconds (EditWorkspaceIdleSuspendSecondsType1 | int | None | Unset):
        team (None | str | Unset):
    """

    name: str | Unset = UNSET
    idle_suspend_seconds: EditWorkspaceIdleSuspendSecondsType1 | int | None | Unset = (
        UNSET
    )
    team: None | str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        idle_suspend_seconds: int | None | str | Unset
        if isinstance(self.idle_suspend_seconds, Unset):
            idle_suspend_seconds = UNSET
        elif isinstance(
            self.idle_suspend_seconds, EditWorkspaceIdleSuspendSecondsType1
        ):
            idle_suspend_seconds = self.idle_suspend_seconds.value
        else:
            idle_suspend_seconds = self.idle_suspend_seconds

        team: None | str | Unset
        if isinstance(self.team, Unset):
            team = UNSET
        else:
            team = self.team

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if name is not UNSET:
            field_dict["name"] = name
        if idle_suspend_seconds is not UNSET:
            field_dict["idleSuspendSeconds"] = idle_suspend_seconds
        if team is not UNSET:
            field_dict["team"] = team

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        name = d.pop("name", UNSET)

        def _parse_idle_suspend_seconds(
            data: object,
        ) -> EditWorkspaceIdleSuspendSecondsType1 | int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                idle_suspend_seconds_type_1 = EditWorkspaceIdleSuspendSecondsType1(data)

                return idle_suspend_seconds_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(EditWorkspaceIdleSuspendSecondsType1 | int | None | Unset, data)

        idle_suspend_seconds = _parse_idle_suspend_seconds(
            d.pop("idleSuspendSeconds", UNSET)
        )

        def _parse_team(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        team = _parse_team(d.pop("team", UNSET))

        edit_workspace = cls(
            name=name,
            idle_suspend_seconds=idle_suspend_seconds,
            team=team,
        )

        return edit_workspace
