from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.durability import Durability
from ..models.submit_job_reuse import SubmitJobReuse
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.notebook_task import NotebookTask
    from ..models.other_task import OtherTask
    from ..models.repeat import Repeat
    from ..models.resources import Resources
    from ..models.submit_job_labels import SubmitJobLabels
    from ..models.video_task import VideoTask
    from ..models.webhook import Webhook


T = TypeVar("T", bound="SubmitJob")


@_attrs_define
class SubmitJob:
    """
    Attributes:
        task (NotebookTask | OtherTask | VideoTask):
        resources (Resources | Unset):
        name (str | Unset):
        labels (SubmitJobLabels | Unset):
        not_before (datetime.datetime | Unset):
        deadline (datetime.datetime | Unset):
        repeat (Repeat | Unset):
        wall_seconds (int | Unset):  Default: 1800.
        attempts (int | Unset):  Default: 3.
        preemptible (bool | Unset):  Default: True.
        interactive (bool | Unset):  Default: False.
        regions (list[str] | Unset):
        reuse (SubmitJobReuse | Unset):
        durability (Durability | Unset):
        webhook (Webhook | Unset):
    """

    task: NotebookTask | OtherTask | VideoTask
    resources: Resources | Unset = UNSET
    name: str | Unset = UNSET
    labels: SubmitJobLabels | Unset = UNSET
    not_before: datetime.datetime | Unset = UNSET
    deadline: datetime.datetime | Unset = UNSET
    repeat: Repeat | Unset = UNSET
    wall_seconds: int | Unset = 1800
    attempts: int | Unset = 3
    preemptible: bool | Unset = True
    interactive: bool | Unset = False
    regions: list[str] | Unset = UNSET
    reuse: SubmitJobReuse | Unset = UNSET
    durability: Durability | Unset = UNSET
    webhook: Webhook | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        from ..models.notebook_task import NotebookTask
        from ..models.video_task import VideoTask

        task: dict[str, Any]
        if isinstance(self.task, VideoTask) or isinstance(self.task, NotebookTask):
            task = self.task.to_dict()
        else:
            task = self.task.to_dict()

        resources: dict[str, Any] | Unset = UNSET
        if not isinstance(self.resources, Unset):
            resources = self.resources.to_dict()

        name = self.name

        labels: dict[str, Any] | Unset = UNSET
        if not isinstance(self.labels, Unset):
            labels = self.labels.to_dict()

        not_before: str | Unset = UNSET
        if not isinstance(self.not_before, Unset):
            not_before = self.not_before.isoformat()

        deadline: str | Unset = UNSET
        if not isinstance(self.deadline, Unset):
            deadline = self.deadline.isoformat()

        repeat: dict[str, Any] | Unset = UNSET
        if not isinstance(self.repeat, Unset):
            repeat = self.repeat.to_dict()

        wall_seconds = self.wall_seconds

        attempts = self.attempts

        preemptible = self.preemptible

        interactive = self.interactive

        regions: list[str] | Unset = UNSET
        if not isinstance(self.regions, Unset):
            regions = self.regions

        reuse: str | Unset = UNSET
        if not isinstance(self.reuse, Unset):
            reuse = self.reuse.value

        durability: str | Unset = UNSET
        if not isinstance(self.durability, Unset):
            durability = self.durability.value

        webhook: dict[str, Any] | Unset = UNSET
        if not isinstance(self.webhook, Unset):
            webhook = self.webhook.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "task": task,
            }
        )
        if resources is not UNSET:
            field_dict["resources"] = resources
        if name is not UNSET:
            field_dict["name"] = name
        if labels is not UNSET:
            field_dict["labels"] = labels
        if not_before is not UNSET:
            field_dict["notBefore"] = not_before
        if deadline is not UNSET:
            field_dict["deadline"] = deadline
        if repeat is not UNSET:
            field_dict["repeat"] = repeat
        if wall_seconds is not UNSET:
            field_dict["wallSeconds"] = wall_seconds
        if attempts is not UNSET:
            field_dict["attempts"] = attempts
        if preemptible is not UNSET:
            field_dict["preemptible"] = preemptible
        if interactive is not UNSET:
            field_dict["interactive"] = interactive
        if regions is not UNSET:
            field_dict["regions"] = regions
        if reuse is not UNSET:
            field_dict["reuse"] = reuse
        if durability is not UNSET:
            field_dict["durability"] = durability
        if webhook is not UNSET:
            field_dict["webhook"] = webhook

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.notebook_task import NotebookTask
        from ..models.other_task import OtherTask
        from ..models.repeat import Repeat
        from ..models.resources import Resources
        from ..models.submit_job_labels import SubmitJobLabels
        from ..models.video_task import VideoTask
        from ..models.webhook import Webhook

        d = dict(src_dict)

        def _parse_task(data: object) -> NotebookTask | OtherTask | VideoTask:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_task_type_0 = VideoTask.from_dict(data)

                return componentsschemas_task_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_task_type_1 = NotebookTask.from_dict(data)

                return componentsschemas_task_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            componentsschemas_task_type_2 = OtherTask.from_dict(data)

            return componentsschemas_task_type_2

        task = _parse_task(d.pop("task"))

        _resources = d.pop("resources", UNSET)
        resources: Resources | Unset
        if isinstance(_resources, Unset):
            resources = UNSET
        else:
            resources = Resources.from_dict(_resources)

        name = d.pop("name", UNSET)

        _labels = d.pop("labels", UNSET)
        labels: SubmitJobLabels | Unset
        if isinstance(_labels, Unset):
            labels = UNSET
        else:
            labels = SubmitJobLabels.from_dict(_labels)

        _not_before = d.pop("notBefore", UNSET)
        not_before: datetime.datetime | Unset
        if isinstance(_not_before, Unset):
            not_before = UNSET
        else:
            not_before = datetime.datetime.fromisoformat(_not_before)

        _deadline = d.pop("deadline", UNSET)
        deadline: datetime.datetime | Unset
        if isinstance(_deadline, Unset):
            deadline = UNSET
        else:
            deadline = datetime.datetime.fromisoformat(_deadline)

        _repeat = d.pop("repeat", UNSET)
        repeat: Repeat | Unset
        if isinstance(_repeat, Unset):
            repeat = UNSET
        else:
            repeat = Repeat.from_dict(_repeat)

        wall_seconds = d.pop("wallSeconds", UNSET)

        attempts = d.pop("attempts", UNSET)

        preemptible = d.pop("preemptible", UNSET)

        interactive = d.pop("interactive", UNSET)

        regions = cast(list[str], d.pop("regions", UNSET))

        _reuse = d.pop("reuse", UNSET)
        reuse: SubmitJobReuse | Unset
        if isinstance(_reuse, Unset):
            reuse = UNSET
        else:
            reuse = SubmitJobReuse(_reuse)

        _durability = d.pop("durability", UNSET)
        durability: Durability | Unset
        if isinstance(_durability, Unset):
            durability = UNSET
        else:
            durability = Durability(_durability)

        _webhook = d.pop("webhook", UNSET)
        webhook: Webhook | Unset
        if isinstance(_webhook, Unset):
            webhook = UNSET
        else:
            webhook = Webhook.from_dict(_webhook)

        submit_job = cls(
            task=task,
            resources=resources,
            name=name,
            labels=labels,
            not_before=not_before,
            deadline=deadline,
            repeat=repeat,
            wall_seconds=wall_seconds,
            attempts=attempts,
            preemptible=preemptible,
            interactive=interactive,
            regions=regions,
            reuse=reuse,
            durability=durability,
            webhook=webhook,
        )

        return submit_job
