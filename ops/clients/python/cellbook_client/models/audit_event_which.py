from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="AuditEventWhich")


@_attrs_define
class AuditEventWhich:
    """
    Attributes:
        kind (str):
        id (None | str):
        owner (None | str):
        org (None | str):
    """

    kind: str
    id: None | str
    owner: None | str
    org: None | str

    def to_dict(self) -> dict[str, Any]:
        kind = self.kind

        id: None | str
        id = self.id

        owner: None | str
        owner = self.owner

        org: None | str
        org = self.org

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "kind": kind,
                "id": id,
                "owner": owner,
                "org": org,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        kind = d.pop("kind")

        def _parse_id(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        id = _parse_id(d.pop("id"))

        def _parse_owner(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        owner = _parse_owner(d.pop("owner"))

        def _parse_org(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        org = _parse_org(d.pop("org"))

        audit_event_which = cls(
            kind=kind,
            id=id,
            owner=owner,
            org=org,
        )

        return audit_event_which
