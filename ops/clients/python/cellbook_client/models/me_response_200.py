from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.me_response_200_via import MeResponse200Via
from ..models.role import Role
from ..models.scope import Scope
from ..models.tier import Tier

T = TypeVar("T", bound="MeResponse200")


@_attrs_define
class MeResponse200:
    """
    Attributes:
        user_id (str):
        org_id (str):
        name (str):
        tier (Tier):
        region (str):
        region_name (str):
        role (Role):
        scopes (list[Scope] | None):
        via (MeResponse200Via):
    """

    user_id: str
    org_id: str
    name: str
    tier: Tier
    region: str
    region_name: str
    role: Role
    scopes: list[Scope] | None
    via: MeResponse200Via

    def to_dict(self) -> dict[str, Any]:
        user_id = self.user_id

        org_id = self.org_id

        name = self.name

        tier = self.tier.value

        region = self.region

        region_name = self.region_name

        role = self.role.value

        scopes: list[str] | None
        if isinstance(self.scopes, list):
            scopes = []
            for scopes_type_0_item_data in self.scopes:
                scopes_type_0_item = scopes_type_0_item_data.value
                scopes.append(scopes_type_0_item)

        else:
            scopes = self.scopes

        via = self.via.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "userId": user_id,
                "orgId": org_id,
                "name": name,
                "tier": tier,
                "region": region,
                "regionName": region_name,
                "role": role,
                "scopes": scopes,
                "via": via,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        user_id = d.pop("userId")

        org_id = d.pop("orgId")

        name = d.pop("name")

        tier = Tier(d.pop("tier"))

        region = d.pop("region")

        region_name = d.pop("regionName")

        role = Role(d.pop("role"))

        def _parse_scopes(data: object) -> list[Scope] | None:
            if data is None:
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                scopes_type_0 = []
                _scopes_type_0 = data
                for scopes_type_0_item_data in _scopes_type_0:
                    scopes_type_0_item = Scope(scopes_type_0_item_data)

                    scopes_type_0.append(scopes_type_0_item)

                return scopes_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[Scope] | None, data)

        scopes = _parse_scopes(d.pop("scopes"))

        via = MeResponse200Via(d.pop("via"))

        me_response_200 = cls(
            user_id=user_id,
            org_id=org_id,
            name=name,
            tier=tier,
            region=region,
            region_name=region_name,
            role=role,
            scopes=scopes,
            via=via,
        )

        return me_response_200
