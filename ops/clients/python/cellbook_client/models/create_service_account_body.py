from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.member_role import MemberRole
from ..types import UNSET, Unset

T = TypeVar("T", bound="CreateServiceAccountBody")


@_attrs_define
class CreateServiceAccountBody:
    """
    Attributes:
        name (str):
        role (MemberRole):
        region (str | Unset):
    """

    name: str
    role: MemberRole
    region: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        role = self.role.value

        region = self.region

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "name": name,
                "role": role,
            }
        )
        if region is not UNSET:
            field_dict["region"] = region

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        name = d.pop("name")

        role = MemberRole(d.pop("role"))

        region = d.pop("region", UNSET)

        create_service_account_body = cls(
            name=name,
            role=role,
            region=region,
        )

        return create_service_account_body
