from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.audit_event_who_kind import AuditEventWhoKind
from ..models.audit_event_who_via_type_0 import AuditEventWhoViaType0
from ..models.role import Role

T = TypeVar("T", bound="AuditEventWho")


@_attrs_define
class AuditEventWho:
    """
    Attributes:
        kind (AuditEventWhoKind):
        id (str):
        org (None | str):
        role (None | Role):
        cred (None | str):
        via (AuditEventWhoViaType0 | None):
    """

    kind: AuditEventWhoKind
    id: str
    org: None | str
    role: None | Role
    cred: None | str
    via: AuditEventWhoViaType0 | None

    def to_dict(self) -> dict[str, Any]:
        kind = self.kind.value

        id = self.id

        org: None | str
        org = self.org

        role: None | str
        if isinstance(self.role, Role):
            role = self.role.value
        else:
            role = self.role

        cred: None | str
        cred = self.cred

        via: None | str
        if isinstance(self.via, AuditEventWhoViaType0):
            via = self.via.value
        else:
            via = self.via

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "kind": kind,
                "id": id,
                "org": org,
                "role": role,
                "cred": cred,
                "via": via,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        kind = AuditEventWhoKind(d.pop("kind"))

        id = d.pop("id")

        def _parse_org(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        org = _parse_org(d.pop("org"))

        def _parse_role(data: object) -> None | Role:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                role_type_0 = Role(data)

                return role_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Role, data)

        role = _parse_role(d.pop("role"))

        def _parse_cred(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        cred = _parse_cred(d.pop("cred"))

        def _parse_via(data: object) -> AuditEventWhoViaType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                via_type_0 = AuditEventWhoViaType0(data)

                return via_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(AuditEventWhoViaType0 | None, data)

        via = _parse_via(d.pop("via"))

        audit_event_who = cls(
            kind=kind,
            id=id,
            org=org,
            role=role,
            cred=cred,
            via=via,
        )

        return audit_event_who
