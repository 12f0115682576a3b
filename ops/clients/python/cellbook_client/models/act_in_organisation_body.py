from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

T = TypeVar("T", bound="ActInOrganisationBody")


@_attrs_define
class ActInOrganisationBody:
    """
    Attributes:
        org_id (str):
    """

    org_id: str

    def to_dict(self) -> dict[str, Any]:
        org_id = self.org_id

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "orgId": org_id,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        org_id = d.pop("orgId")

        act_in_organisation_body = cls(
            org_id=org_id,
        )

        return act_in_organisation_body
