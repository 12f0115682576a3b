from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.durability import Durability
from ..models.job_phase import JobPhase
from ..models.tier import Tier

if TYPE_CHECKING:
    from ..models.job_attempt import JobAttempt
    from ..models.job_details_labels import JobDetailsLabels
    from ..models.job_details_parameters_type_0 import JobDetailsParametersType0
    from ..models.job_details_predicted_run_ms import JobDetailsPredictedRunMs
    from ..models.job_details_repeats_type_0 import JobDetailsRepeatsType0
    from ..models.job_details_resources import JobDetailsResources
    from ..models.job_details_result_type_0 import JobDetailsResultType0
    from ..models.job_details_webhook_type_0 import JobDetailsWebhookType0
    from ..models.pending_class_limited import PendingClassLimited
    from ..models.pending_moving import PendingMoving
    from ..models.pending_no_room import PendingNoRoom
    from ..models.pending_no_such_hardware import PendingNoSuchHardware
    from ..models.pending_not_before import PendingNotBefore
    from ..models.pending_not_taken_up import PendingNotTakenUp
    from ..models.pending_organisation_at_limit import PendingOrganisationAtLimit
    from ..models.pending_retry import PendingRetry
    from ..models.pending_turn import PendingTurn
    from ..models.predicted_start import PredictedStart
    from ..models.queue_place import QueuePlace


T = TypeVar("T", bound="JobDetails")


@_attrs_define
class JobDetails:
    """
    Attributes:
        id (str):
        name (None | str):
        labels (JobDetailsLabels):
        kind (str):
        binary (str):
        owner_id (str):
        tier (Tier):
        region (str):
        phase (JobPhase):
        resources (JobDetailsResources):
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
        repeats (JobDetailsRepeatsType0 | None):
        prompt (None | str):
        parameters (JobDetailsParametersType0 | None):
        not_before (datetime.datetime | None):
        deadline (datetime.datetime | None):
        wall_seconds (int):
        durability (Durability):
        webhook (JobDetailsWebhookType0 | None):
        pending (list[PendingClassLimited | PendingMoving | PendingNoRoom | PendingNoSuchHardware | PendingNotBefore |
            PendingNotTakenUp | PendingOrganisationAtLimit | PendingRetry | PendingTurn]):
        queue (None | QueuePlace):
        predicted_start (None | PredictedStart):
        predicted_run_ms (JobDetailsPredictedRunMs):
        tries (list[JobAttempt]):
        result (JobDetailsResultType0 | None):
    """

    id: str
    name: None | str
    labels: JobDetailsLabels
    kind: str
    binary: str
    owner_id: str
    tier: Tier
    region: str
    phase: JobPhase
    resources: JobDetailsResources
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
    repeats: JobDetailsRepeatsType0 | None
    prompt: None | str
    parameters: JobDetailsParametersType0 | None
    not_before: datetime.datetime | None
    deadline: datetime.datetime | None
    wall_seconds: int
    durability: Durability
    webhook: JobDetailsWebhookType0 | None
    pending: list[
        PendingClassLimited
        | PendingMoving
        | PendingNoRoom
        | PendingNoSuchHardware
        | PendingNotBefore
        | PendingNotTakenUp
        | PendingOrganisationAtLimit
        | PendingRetry
        | PendingTurn
    ]
    queue: None | QueuePlace
    predicted_start: None | PredictedStart
    predicted_run_ms: JobDetailsPredictedRunMs
    tries: list[JobAttempt]
    result: JobDetailsResultType0 | None

    def to_dict(self) -> dict[str, Any]:
        from ..models.job_details_parameters_type_0 import JobDetailsParametersType0
        from ..models.job_details_repeats_type_0 import JobDetailsRepeatsType0
        from ..models.job_details_result_type_0 import JobDetailsResultType0
        from ..models.job_details_webhook_type_0 import JobDetailsWebhookType0
        from ..models.pending_class_limited import PendingClassLimited
        from ..models.pending_no_room import PendingNoRoom
        from ..models.pending_no_such_hardware import PendingNoSuchHardware
        from ..models.pending_not_before import PendingNotBefore
        from ..models.pending_not_taken_up import PendingNotTakenUp
        from ..models.pending_organisation_at_limit import PendingOrganisationAtLimit
        from ..models.pending_retry import PendingRetry
        from ..models.pending_turn import PendingTurn
        from ..models.predicted_start import PredictedStart
        from ..models.queue_place import QueuePlace

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
        if isinstance(self.repeats, JobDetailsRepeatsType0):
            repeats = self.repeats.to_dict()
        else:
            repeats = self.repeats

        prompt: None | str
        prompt = self.prompt

        parameters: dict[str, Any] | None
        if isinstance(self.parameters, JobDetailsParametersType0):
            parameters = self.parameters.to_dict()
        else:
            parameters = self.parameters

        not_before: None | str
        if isinstance(self.not_before, datetime.datetime):
            not_before = self.not_before.isoformat()
        else:
            not_before = self.not_before

        deadline: None | str
        if isinstance(self.deadline, datetime.datetime):
            deadline = self.deadline.isoformat()
        else:
            deadline = self.deadline

        wall_seconds = self.wall_seconds

        durability = self.durability.value

        webhook: dict[str, Any] | None
        if isinstance(self.webhook, JobDetailsWebhookType0):
            webhook = self.webhook.to_dict()
        else:
            webhook = self.webhook

        pending = []
        for pending_item_data in self.pending:
            pending_item: dict[str, Any]
            if (
                isinstance(pending_item_data, PendingNotTakenUp)
                or isinstance(pending_item_data, PendingNotBefore)
                or isinstance(pending_item_data, PendingRetry)
                or isinstance(pending_item_data, PendingClassLimited)
                or isinstance(pending_item_data, PendingNoSuchHardware)
                or isinstance(pending_item_data, PendingNoRoom)
                or isinstance(pending_item_data, PendingOrganisationAtLimit)
                or isinstance(pending_item_data, PendingTurn)
            ):
                pending_item = pending_item_data.to_dict()
            else:
                pending_item = pending_item_data.to_dict()

            pending.append(pending_item)

        queue: dict[str, Any] | None
        if isinstance(self.queue, QueuePlace):
            queue = self.queue.to_dict()
        else:
            queue = self.queue

        predicted_start: dict[str, Any] | None
        if isinstance(self.predicted_start, PredictedStart):
            predicted_start = self.predicted_start.to_dict()
        else:
            predicted_start = self.predicted_start

        predicted_run_ms = self.predicted_run_ms.to_dict()

        tries = []
        for tries_item_data in self.tries:
            tries_item = tries_item_data.to_dict()
            tries.append(tries_item)

        result: dict[str, Any] | None
        if isinstance(self.result, JobDetailsResultType0):
            result = self.result.to_dict()
        else:
            result = self.result

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
                "prompt": prompt,
                "parameters": parameters,
                "notBefore": not_before,
                "deadline": deadline,
                "wallSeconds": wall_seconds,
                "durability": durability,
                "webhook": webhook,
                "pending": pending,
                "queue": queue,
                "predictedStart": predicted_start,
                "predictedRunMs": predicted_run_ms,
                "tries": tries,
                "result": result,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.job_attempt import JobAttempt
        from ..models.job_details_labels import JobDetailsLabels
        from ..models.job_details_parameters_type_0 import JobDetailsParametersType0
        from ..models.job_details_predicted_run_ms import JobDetailsPredictedRunMs
        from ..models.job_details_repeats_type_0 import JobDetailsRepeatsType0
        from ..models.job_details_resources import JobDetailsResources
        from ..models.job_details_result_type_0 import JobDetailsResultType0
        from ..models.job_details_webhook_type_0 import JobDetailsWebhookType0
        from ..models.pending_class_limited import PendingClassLimited
        from ..models.pending_moving import PendingMoving
        from ..models.pending_no_room import PendingNoRoom
        from ..models.pending_no_such_hardware import PendingNoSuchHardware
        from ..models.pending_not_before import PendingNotBefore
        from ..models.pending_not_taken_up import PendingNotTakenUp
        from ..models.pending_organisation_at_limit import PendingOrganisationAtLimit
        from ..models.pending_retry import PendingRetry
        from ..models.pending_turn import PendingTurn
        from ..models.predicted_start import PredictedStart
        from ..models.queue_place import QueuePlace

        d = dict(src_dict)
        id = d.pop("id")

        def _parse_name(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        name = _parse_name(d.pop("name"))

        labels = JobDetailsLabels.from_dict(d.pop("labels"))

        kind = d.pop("kind")

        binary = d.pop("binary")

        owner_id = d.pop("ownerId")

        tier = Tier(d.pop("tier"))

        region = d.pop("region")

        phase = JobPhase(d.pop("phase"))

        resources = JobDetailsResources.from_dict(d.pop("resources"))

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

        def _parse_repeats(data: object) -> JobDetailsRepeatsType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                repeats_type_0 = JobDetailsRepeatsType0.from_dict(data)

                return repeats_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(JobDetailsRepeatsType0 | None, data)

        repeats = _parse_repeats(d.pop("repeats"))

        def _parse_prompt(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        prompt = _parse_prompt(d.pop("prompt"))

        def _parse_parameters(data: object) -> JobDetailsParametersType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                parameters_type_0 = JobDetailsParametersType0.from_dict(data)

                return parameters_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(JobDetailsParametersType0 | None, data)

        parameters = _parse_parameters(d.pop("parameters"))

        def _parse_not_before(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                not_before_type_0 = datetime.datetime.fromisoformat(data)

                return not_before_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        not_before = _parse_not_before(d.pop("notBefore"))

        def _parse_deadline(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                deadline_type_0 = datetime.datetime.fromisoformat(data)

                return deadline_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        deadline = _parse_deadline(d.pop("deadline"))

        wall_seconds = d.pop("wallSeconds")

        durability = Durability(d.pop("durability"))

        def _parse_webhook(data: object) -> JobDetailsWebhookType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                webhook_type_0 = JobDetailsWebhookType0.from_dict(data)

                return webhook_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(JobDetailsWebhookType0 | None, data)

        webhook = _parse_webhook(d.pop("webhook"))

        pending = []
        _pending = d.pop("pending")
        for pending_item_data in _pending:

            def _parse_pending_item(
                data: object,
            ) -> (
                PendingClassLimited
                | PendingMoving
                | PendingNoRoom
                | PendingNoSuchHardware
                | PendingNotBefore
                | PendingNotTakenUp
                | PendingOrganisationAtLimit
                | PendingRetry
                | PendingTurn
            ):
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_pending_reason_type_0 = (
                        PendingNotTakenUp.from_dict(data)
                    )

                    return componentsschemas_pending_reason_type_0
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_pending_reason_type_1 = (
                        PendingNotBefore.from_dict(data)
                    )

                    return componentsschemas_pending_reason_type_1
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_pending_reason_type_2 = PendingRetry.from_dict(
                        data
                    )

                    return componentsschemas_pending_reason_type_2
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_pending_reason_type_3 = (
                        PendingClassLimited.from_dict(data)
                    )

                    return componentsschemas_pending_reason_type_3
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_pending_reason_type_4 = (
                        PendingNoSuchHardware.from_dict(data)
                    )

                    return componentsschemas_pending_reason_type_4
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_pending_reason_type_5 = PendingNoRoom.from_dict(
                        data
                    )

                    return componentsschemas_pending_reason_type_5
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_pending_reason_type_6 = (
                        PendingOrganisationAtLimit.from_dict(data)
                    )

                    return componentsschemas_pending_reason_type_6
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                try:
                    if not isinstance(data, dict):
                        raise TypeError()
                    componentsschemas_pending_reason_type_7 = PendingTurn.from_dict(
                        data
                    )

                    return componentsschemas_pending_reason_type_7
                except (TypeError, ValueError, AttributeError, KeyError):
                    pass
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_pending_reason_type_8 = PendingMoving.from_dict(data)

                return componentsschemas_pending_reason_type_8

            pending_item = _parse_pending_item(pending_item_data)

            pending.append(pending_item)

        def _parse_queue(data: object) -> None | QueuePlace:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                queue_type_0 = QueuePlace.from_dict(data)

                return queue_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | QueuePlace, data)

        queue = _parse_queue(d.pop("queue"))

        def _parse_predicted_start(data: object) -> None | PredictedStart:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                predicted_start_type_0 = PredictedStart.from_dict(data)

                return predicted_start_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | PredictedStart, data)

        predicted_start = _parse_predicted_start(d.pop("predictedStart"))

        predicted_run_ms = JobDetailsPredictedRunMs.from_dict(d.pop("predictedRunMs"))

        tries = []
        _tries = d.pop("tries")
        for tries_item_data in _tries:
            tries_item = JobAttempt.from_dict(tries_item_data)

            tries.append(tries_item)

        def _parse_result(data: object) -> JobDetailsResultType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                result_type_0 = JobDetailsResultType0.from_dict(data)

                return result_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(JobDetailsResultType0 | None, data)

        result = _parse_result(d.pop("result"))

        job_details = cls(
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
            prompt=prompt,
            parameters=parameters,
            not_before=not_before,
            deadline=deadline,
            wall_seconds=wall_seconds,
            durability=durability,
            webhook=webhook,
            pending=pending,
            queue=queue,
            predicted_start=predicted_start,
            predicted_run_ms=predicted_run_ms,
            tries=tries,
            result=result,
        )

        return job_details
