from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="GpuHostEvidenceType0")


@_attrs_define
class GpuHostEvidenceType0:
    """
    Attributes:
        failed (int):
        succeeded (int):
        suspicion (float):
        quarantines (int):
        quarantined_at (datetime.datetime | None):
        until (datetime.datetime | None):
        probation (int):
        jobs (list[str]):
    """

    failed: int
    succeeded: int
    suspicion: float
    quarantines: int
    quarantined_at: datetime.datetime | None
    until: datetime.datetime | None
    probation: int
    jobs: list[str]

    def to_dict(self) -> dict[str, Any]:
        failed = self.failed

        succeeded = self.succeeded

        suspicion = self.suspicion

        quarantines = self.quarantines

        quarantined_at: None | str
        if isinstance(self.quarantined_at, datetime.datetime):
            quarantined_at = self.quarantined_at.isoformat()
        else:
            quarantined_at = self.quarantined_at

        until: None | str
        if isinstance(self.until, datetime.datetime):
            until = self.until.isoformat()
        else:
            until = self.until

        probation = self.probation

        jobs = self.jobs

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "failed": failed,
                "succeeded": succeeded,
                "suspicion": suspicion,
                "quarantines": quarantines,
                "quarantinedAt": quarantined_at,
                "until": until,
                "probation": probation,
                "jobs": jobs,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        failed = d.pop("failed")

        succeeded = d.pop("succeeded")

        suspicion = d.pop("suspicion")

        quarantines = d.pop("quarantines")

        def _parse_quarantined_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                quarantined_at_type_0 = datetime.datetime.fromisoformat(data)

                return quarantined_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        quarantined_at = _parse_quarantined_at(d.pop("quarantinedAt"))

        def _parse_until(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                until_type_0 = datetime.datetime.fromisoformat(data)

                return until_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        until = _parse_until(d.pop("until"))

        probation = d.pop("probation")

        jobs = cast(list[str], d.pop("jobs"))

        gpu_host_evidence_type_0 = cls(
            failed=failed,
            succeeded=succeeded,
            suspicion=suspicion,
            quarantines=quarantines,
            quarantined_at=quarantined_at,
            until=until,
            probation=probation,
            jobs=jobs,
        )

        return gpu_host_evidence_type_0
