from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.job_attempt_outcome_type_0 import JobAttemptOutcomeType0

if TYPE_CHECKING:
    from ..models.job_attempt_failed_type_0 import JobAttemptFailedType0


T = TypeVar("T", bound="JobAttempt")


@_attrs_define
class JobAttempt:
    """
    Attributes:
        id (str):
        number (int):
        host (str):
        gpus (int):
        version (str):
        placed_at (datetime.datetime):
        started_at (datetime.datetime | None):
        ended_at (datetime.datetime | None):
        outcome (JobAttemptOutcomeType0 | None):
        failed (JobAttemptFailedType0 | None):
        ran_ms (float | None):
        saved_ms (float):
    """

    id: str
    number: int
    host: str
    gpus: int
    version: str
    placed_at: datetime.datetime
    started_at: datetime.datetime | None
    ended_at: datetime.datetime | None
    outcome: JobAttemptOutcomeType0 | None
    failed: JobAttemptFailedType0 | None
    ran_ms: float | None
    saved_ms: float

    def to_dict(self) -> dict[str, Any]:
        from ..models.job_attempt_failed_type_0 import JobAttemptFailedType0

        id = self.id

        number = self.number

        host = self.host

        gpus = self.gpus

        version = self.version

        placed_at = self.placed_at.isoformat()

        started_at: None | str
        if isinstance(self.started_at, datetime.datetime):
            started_at = self.started_at.isoformat()
        else:
            started_at = self.started_at

        ended_at: None | str
        if isinstance(self.ended_at, datetime.datetime):
            ended_at = self.ended_at.isoformat()
        else:
            ended_at = self.ended_at

        outcome: None | str
        if isinstance(self.outcome, JobAttemptOutcomeType0):
            outcome = self.outcome.value
        else:
            outcome = self.outcome

        failed: dict[str, Any] | None
        if isinstance(self.failed, JobAttemptFailedType0):
            failed = self.failed.to_dict()
        else:
            failed = self.failed

        ran_ms: float | None
        ran_ms = self.ran_ms

        saved_ms = self.saved_ms

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "number": number,
                "host": host,
                "gpus": gpus,
                "version": version,
                "placedAt": placed_at,
                "startedAt": started_at,
                "endedAt": ended_at,
                "outcome": outcome,
                "failed": failed,
                "ranMs": ran_ms,
                "savedMs": saved_ms,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.job_attempt_failed_type_0 import JobAttemptFailedType0

        d = dict(src_dict)
        id = d.pop("id")

        number = d.pop("number")

        host = d.pop("host")

        gpus = d.pop("gpus")

        version = d.pop("version")

        placed_at = datetime.datetime.fromisoformat(d.pop("placedAt"))

        def _parse_started_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                started_at_type_0 = datetime.datetime.fromisoformat(data)

                return started_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        started_at = _parse_started_at(d.pop("startedAt"))

        def _parse_ended_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                ended_at_type_0 = datetime.datetime.fromisoformat(data)

                return ended_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        ended_at = _parse_ended_at(d.pop("endedAt"))

        def _parse_outcome(data: object) -> JobAttemptOutcomeType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                outcome_type_0 = JobAttemptOutcomeType0(data)

                return outcome_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(JobAttemptOutcomeType0 | None, data)

        outcome = _parse_outcome(d.pop("outcome"))

        def _parse_failed(data: object) -> JobAttemptFailedType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                failed_type_0 = JobAttemptFailedType0.from_dict(data)

                return failed_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(JobAttemptFailedType0 | None, data)

        failed = _parse_failed(d.pop("failed"))

        def _parse_ran_ms(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        ran_ms = _parse_ran_ms(d.pop("ranMs"))

        saved_ms = d.pop("savedMs")

        job_attempt = cls(
            id=id,
            number=number,
            host=host,
            gpus=gpus,
            version=version,
            placed_at=placed_at,
            started_at=started_at,
            ended_at=ended_at,
            outcome=outcome,
            failed=failed,
            ran_ms=ran_ms,
            saved_ms=saved_ms,
        )

        return job_attempt
