from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.pending_retry_code import PendingRetryCode
from ..models.pending_retry_failed import PendingRetryFailed

T = TypeVar("T", bound="PendingRetry")


@_attrs_define
class PendingRetry:
    """
    Attributes:
        code (PendingRetryCode):
        until (datetime.datetime):
        failed (PendingRetryFailed):
    """

    code: PendingRetryCode
    until: datetime.datetime
    failed: PendingRetryFailed

    def to_dict(self) -> dict[str, Any]:
        code = self.code.value

        until = self.until.isoformat()

        failed = self.failed.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "code": code,
                "until": until,
                "failed": failed,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        code = PendingRetryCode(d.pop("code"))

        until = datetime.datetime.fromisoformat(d.pop("until"))

        failed = PendingRetryFailed(d.pop("failed"))

        pending_retry = cls(
            code=code,
            until=until,
            failed=failed,
        )

        return pending_retry
