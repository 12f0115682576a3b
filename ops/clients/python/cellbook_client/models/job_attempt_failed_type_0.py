from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.job_attempt_failed_type_0_class import JobAttemptFailedType0Class

T = TypeVar("T", bound="JobAttemptFailedType0")


@_attrs_define
class JobAttemptFailedType0:
    """
    Attributes:
        class_ (JobAttemptFailedType0Class):
        detail (str):
    """

    class_: JobAttemptFailedType0Class
    detail: str

    def to_dict(self) -> dict[str, Any]:
        class_ = self.class_.value

        detail = self.detail

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "class": class_,
                "detail": detail,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        class_ = JobAttemptFailedType0Class(d.pop("class"))

        detail = d.pop("detail")

        job_attempt_failed_type_0 = cls(
            class_=class_,
            detail=detail,
        )

        return job_attempt_failed_type_0
