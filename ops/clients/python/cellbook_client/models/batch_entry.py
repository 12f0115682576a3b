from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define

from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.submit_job import SubmitJob


T = TypeVar("T", bound="BatchEntry")


@_attrs_define
class BatchEntry:
    """
    Attributes:
        job (SubmitJob):
        idempotency_key (str | Unset):
    """

    job: SubmitJob
    idempotency_key: str | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        job = self.job.to_dict()

        idempotency_key = self.idempotency_key

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "job": job,
            }
        )
        if idempotency_key is not UNSET:
            field_dict["idempotencyKey"] = idempotency_key

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.submit_job import SubmitJob

        d = dict(src_dict)
        job = SubmitJob.from_dict(d.pop("job"))

        idempotency_key = d.pop("idempotencyKey", UNSET)

        batch_entry = cls(
            job=job,
            idempotency_key=idempotency_key,
        )

        return batch_entry
