from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.job_phase import JobPhase
from ..models.tier import Tier

if TYPE_CHECKING:
    from ..models.job_labels import JobLabels
    from ..models.job_repeats_type_0 import JobRepeatsType0
    from ..models.job_resources import JobResources


T = TypeVar("T", bound="Job")


@_attrs_define
class Job:
    """
    Attributes:
        id (str):
        name (None | str):
        labels (JobLabels):
        kind (str):
        binary (str):
        owner_id (str):
        tier (Tier):
        region (str):
        phase (JobPhase):
        resources (JobResources):
        submitted_at (datetime.datetime):
        started_at (datetime.datetime | None):
        ended_at (datetime.datetime | None):
        because (None | str):
        progress (float | None):
        attempts (int):
        preemptions (int):
        cancel_asked (bool):
        reserved_micros (int):
        cost_micros (int | None):
        same_as (None | str):
        repeats (JobRepeatsType0 | None):
    """

    id: str
    name: None | str
    labels: JobLabels
    kind: str
    binary: str
    owner_id: str
    tier: Tier
    region: str
    phase: JobPhase
    resources: JobResources
    submitted_at: datetime.datetime
    started_at: datetime.datetime | None
    ended_at: datetime.datetime | None
    because: None | str
    progress: float | None
    attempts: int
    preemptions: int
    cancel_asked: bool
    reserved_micros: int
    cost_micros: int | None
    same_as: None | str
    repeats: JobRepeatsType0 | None

    def to_dict(self) -> dict[str, Any]:
        from ..models.job_repeats_type_0 import JobRepeatsType0

        id = self.id

        name: None | str
        name = self.name

        labels = self.labels.to_dict()

        kind = self.kind

        binary = self.binary

        owner_id = self.owner_id

        tier = self.tier.value

        region = self.region

        phase = self.phase.value

        resources = self.resources.to_dict()

        submitted_at = self.submitted_at.isoformat()

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

        because: None | str
        because = self.because

        progress: float | None
        progress = self.progress

        attempts = self.attempts

        preemptions = self.preemptions

        cancel_asked = self.cancel_asked

        reserved_micros = self.reserved_micros

        cost_micros: int | None
        cost_micros = self.cost_micros

        same_as: None | str
        same_as = self.same_as

        repeats: dict[str, Any] | None
        if isinstance(self.repeats, JobRepeatsType0):
            repeats = self.repeats.to_dict()
        else:
            repeats = self.repeats

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "name": name,
                "labels": labels,
                "kind": kind,
                "binary": binary,
                "ownerId": owner_id,
                "tier": tier,
                "region": region,
                "phase": phase,
                "resources": resources,
                "submittedAt": submitted_at,
                "startedAt": started_at,
                "endedAt": ended_at,
                "because": because,
                "progress": progress,
                "attempts": attempts,
                "preemptions": preemptions,
                "cancelAsked": cancel_asked,
                "reservedMicros": reserved_micros,
                "costMicros": cost_micros,
                "sameAs": same_as,
                "repeats": repeats,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.job_labels import JobLabels
        from ..models.job_repeats_type_0 import JobRepeatsType0
        from ..models.job_resources import JobResources

        d = dict(src_dict)
        id = d.pop("id")

        def _parse_name(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        name = _parse_name(d.pop("name"))

        labels = JobLabels.from_dict(d.pop("labels"))

        kind = d.pop("kind")

        binary = d.pop("binary")

        owner_id = d.pop("ownerId")

        tier = Tier(d.pop("tier"))

        region = d.pop("region")

        phase = JobPhase(d.pop("phase"))

        resources = JobResources.from_dict(d.pop("resources"))

        submitted_at = datetime.datetime.fromisoformat(d.pop("submittedAt"))

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

        def _parse_because(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        because = _parse_because(d.pop("because"))

        def _parse_progress(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        progress = _parse_progress(d.pop("progress"))

        attempts = d.pop("attempts")

        preemptions = d.pop("preemptions")

        cancel_asked = d.pop("cancelAsked")

        reserved_micros = d.pop("reservedMicros")

        def _parse_cost_micros(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        cost_micros = _parse_cost_micros(d.pop("costMicros"))

        def _parse_same_as(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        same_as = _parse_same_as(d.pop("sameAs"))

        def _parse_repeats(data: object) -> JobRepeatsType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                repeats_type_0 = JobRepeatsType0.from_dict(data)

                return repeats_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(JobRepeatsType0 | None, data)

        repeats = _parse_repeats(d.pop("repeats"))

        job = cls(
            id=id,
            name=name,
            labels=labels,
            kind=kind,
            binary=binary,
            owner_id=owner_id,
            tier=tier,
            region=region,
            phase=phase,
            resources=resources,
            submitted_at=submitted_at,
            started_at=started_at,
            ended_at=ended_at,
            because=because,
            progress=progress,
            attempts=attempts,
            preemptions=preemptions,
            cancel_asked=cancel_asked,
            reserved_micros=reserved_micros,
            cost_micros=cost_micros,
            same_as=same_as,
            repeats=repeats,
        )

        return job
