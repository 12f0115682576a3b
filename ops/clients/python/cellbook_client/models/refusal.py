from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.refusal_code import RefusalCode
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.refusal_ids import RefusalIds


T = TypeVar("T", bound="Refusal")


@_attrs_define
class Refusal:
    """
    Attributes:
        code (RefusalCode):
        message (str):
        reason (None | str):
        next_ (str | Unset):
        ids (RefusalIds | Unset):
        request_id (str | Unset):
    """

    code: RefusalCode
    message: str
    reason: None | str
    next_: str | Unset = UNSET
    ids: RefusalIds | Unset = UNSET
    request_id: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        code = self.code.value

        message = self.message

        reason: None | str
        reason = self.reason

        next_ = self.next_

        ids: dict[str, Any] | Unset = UNSET
        if not isinstance(self.ids, Unset):
            ids = self.ids.to_dict()

        request_id = self.request_id

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "code": code,
                "message": message,
                "reason": reason,
            }
        )
        if next_ is not UNSET:
            field_dict["next"] = next_
        if ids is not UNSET:
            field_dict["ids"] = ids
        if request_id is not UNSET:
            field_dict["requestId"] = request_id

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.refusal_ids import RefusalIds

        d = dict(src_dict)
        code = RefusalCode(d.pop("code"))

        message = d.pop("message")

        def _parse_reason(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        reason = _parse_reason(d.pop("reason"))

        next_ = d.pop("next", UNSET)

        _ids = d.pop("ids", UNSET)
        ids: RefusalIds | Unset
        if isinstance(_ids, Unset):
            ids = UNSET
        else:
            ids = RefusalIds.from_dict(_ids)

        request_id = d.pop("requestId", UNSET)

        refusal = cls(
            code=code,
            message=message,
            reason=reason,
            next_=next_,
            ids=ids,
            request_id=request_id,
        )

        return refusal
