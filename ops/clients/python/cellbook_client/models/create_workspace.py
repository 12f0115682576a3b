from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.create_workspace_desired import CreateWorkspaceDesired
from ..types import UNSET, Unset

T = TypeVar("T", bound="CreateWorkspace")


@_attrs_define
class CreateWorkspace:
    """
    Attributes:
        name (str):
        idle_suspend_seconds (int | None | Unset):
        team (None | str | Unset):
        desired (CreateWorkspaceDesired | Unset):  Default: CreateWorkspaceDesired.SUSPENDED.
    """

    name: str
    idle_suspend_seconds: int | None | Unset = UNSET
    team: None | str | Unset = UNSET
    desired: CreateWorkspaceDesired | Unset = CreateWorkspaceDesired.SUSPENDED

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        idle_suspend_seconds: int | None | Unset
        if isinstance(self.idle_suspend_seconds, Unset):
            idle_suspend_seconds = UNSET
        else:
            idle_suspend_seconds = self.idle_suspend_seconds

        team: None | str | Unset
        if isinstance(self.team, Unset):
            team = UNSET
        else:
            team = self.team

        desired: str | Unset = UNSET
        if not isinstance(self.desired, Unset):
            desired = self.desired.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
            }
        )
        if idle_suspend_seconds is not UNSET:
            field_dict["idleSuspendSeconds"] = idle_suspend_seconds
        if team is not UNSET:
            field_dict["team"] = team
        if desired is not UNSET:
            field_dict["desired"] = desired

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        name = d.pop("name")

        def _parse_idle_suspend_seconds(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

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

        _desired = d.pop("desired", UNSET)
        desired: CreateWorkspaceDesired | Unset
        if isinstance(_desired, Unset):
            desired = UNSET
        else:
            desired = CreateWorkspaceDesired(_desired)

        create_workspace = cls(
            name=name,
            idle_suspend_seconds=idle_suspend_seconds,
            team=team,
            desired=desired,
        )

        return create_workspace
