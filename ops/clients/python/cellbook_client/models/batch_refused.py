from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.refusal import Refusal


T = TypeVar("T", bound="BatchRefused")


@_attrs_define
class BatchRefused:
    """
    Attributes:
        error (Refusal):
        retry_after_seconds (int | None):
    """

    error: Refusal
    retry_after_seconds: int | None

    def to_dict(self) -> dict[str, Any]:
        error = self.error.to_dict()

        retry_after_seconds: int | None
        retry_after_seconds = self.retry_after_seconds

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "error": error,
                "retryAfterSeconds": retry_after_seconds,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.refusal import Refusal

        d = dict(src_dict)
        error = Refusal.from_dict(d.pop("error"))

        def _parse_retry_after_seconds(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        retry_after_seconds = _parse_retry_after_seconds(d.pop("retryAfterSeconds"))

        batch_refused = cls(
            error=error,
            retry_after_seconds=retry_after_seconds,
        )

        return batch_refused
