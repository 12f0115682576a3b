from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="Team")


@_attrs_define
class Team:
    """
    Attributes:
        id (str):
        name (str):
        provider_group (None | str):
        members (list[str]):
    """

    id: str
    name: str
    provider_group: None | str
    members: list[str]

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        name = self.name

        provider_group: None | str
        provider_group = self.provider_group

        members = self.members

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "name": name,
                "providerGroup": provider_group,
                "members": members,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        id = d.pop("id")

        name = d.pop("name")

        def _parse_provider_group(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        provider_group = _parse_provider_group(d.pop("providerGroup"))

        members = cast(list[str], d.pop("members"))

        team = cls(
            id=id,
            name=name,
            provider_group=provider_group,
            members=members,
        )

        return team
