from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.audit_action import AuditAction
from ..models.audit_event_v import AuditEventV
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.audit_event_code import AuditEventCode
    from ..models.audit_event_details import AuditEventDetails
    from ..models.audit_event_from import AuditEventFrom
    from ..models.audit_event_result import AuditEventResult
    from ..models.audit_event_which import AuditEventWhich
    from ..models.audit_event_who import AuditEventWho


T = TypeVar("T", bound="AuditEvent")


@_attrs_define
class AuditEvent:
    """
    Attributes:
        v (AuditEventV):
        id (str):
        at (datetime.datetime):
        who (AuditEventWho):
        what (AuditAction):
        which (AuditEventWhich):
        from_ (AuditEventFrom):
        result (AuditEventResult):
        details (AuditEventDetails):
        org (None | str):
        code (AuditEventCode | Unset):
    """

    v: AuditEventV
    id: str
    at: datetime.datetime
    who: AuditEventWho
    what: AuditAction
    which: AuditEventWhich
    from_: AuditEventFrom
    result: AuditEventResult
    details: AuditEventDetails
    org: None | str
    code: AuditEventCode | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        v = self.v.value

        id = self.id

        at = self.at.isoformat()

        who = self.who.to_dict()

        what = self.what.value

        which = self.which.to_dict()

        from_ = self.from_.to_dict()

        result = self.result.to_dict()

        details = self.details.to_dict()

        org: None | str
        org = self.org

        code: dict[str, Any] | Unset = UNSET
        if not isinstance(self.code, Unset):
            code = self.code.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "v": v,
                "id": id,
                "at": at,
                "who": who,
                "what": what,
                "which": which,
                "from": from_,
                "result": result,
                "details": details,
                "org": org,
            }
        )
        if code is not UNSET:
            field_dict["code"] = code

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.audit_event_code import AuditEventCode
        from ..models.audit_event_details import AuditEventDetails
        from ..models.audit_event_from import AuditEventFrom
        from ..models.audit_event_result import AuditEventResult
        from ..models.audit_event_which import AuditEventWhich
        from ..models.audit_event_who import AuditEventWho

        d = dict(src_dict)
        v = AuditEventV(d.pop("v"))

        id = d.pop("id")

        at = datetime.datetime.fromisoformat(d.pop("at"))

        who = AuditEventWho.from_dict(d.pop("who"))

        what = AuditAction(d.pop("what"))

        which = AuditEventWhich.from_dict(d.pop("which"))

        from_ = AuditEventFrom.from_dict(d.pop("from"))

        result = AuditEventResult.from_dict(d.pop("result"))

        details = AuditEventDetails.from_dict(d.pop("details"))

        def _parse_org(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        org = _parse_org(d.pop("org"))

        _code = d.pop("code", UNSET)
        code: AuditEventCode | Unset
        if isinstance(_code, Unset):
            code = UNSET
        else:
            code = AuditEventCode.from_dict(_code)

        audit_event = cls(
            v=v,
            id=id,
            at=at,
            who=who,
            what=what,
            which=which,
            from_=from_,
            result=result,
            details=details,
            org=org,
            code=code,
        )

        return audit_event
