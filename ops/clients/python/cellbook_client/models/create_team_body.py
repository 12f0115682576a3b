from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="CreateTeamBody")


@_attrs_define
class CreateTeamBody:
    """
    Attributes:
        name (str):
        provider_group (str | Unset):
    """

    name: str
    provider_group: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        provider_group = self.provider_group

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
            }
        )
        if provider_group is not UNSET:
            field_dict["providerGroup"] = provider_group

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        name = d.pop("name")

        provider_group = d.pop("providerGroup", UNSET)

        create_team_body = cls(
            name=name,
            provider_group=provider_group,
        )

        return create_team_body
