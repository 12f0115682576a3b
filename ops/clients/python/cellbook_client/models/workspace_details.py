from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.desired import Desired
from ..models.kept import Kept
from ..models.phase import Phase
from ..models.rung import Rung

if TYPE_CHECKING:
    from ..models.queue import Queue
    from ..models.resume import Resume


T = TypeVar("T", bound="WorkspaceDetails")


@_attrs_define
class WorkspaceDetails:
    """
    Attributes:
        id (str):
        owner_id (str):
        name (str):
        desired (Desired):
        phase (Phase):
        generation (int):
        idle_suspend_seconds (int | None):
        team (None | str):
        last_rung (None | Rung):
        last_resume (None | Resume):
        problem (None | str):
        created_at (datetime.datetime):
        last_active_at (datetime.datetime):
        undo_until (datetime.datetime | None):
        kept (Kept):
        queue (None | Queue):
    """

    id: str
    owner_id: str
    name: str
    desired: Desired
    phase: Phase
    generation: int
    idle_suspend_seconds: int | None
    team: None | str
    last_rung: None | Rung
    last_resume: None | Resume
    problem: None | str
    created_at: datetime.datetime
    last_active_at: datetime.datetime
    undo_until: datetime.datetime | None
    kept: Kept
    queue: None | Queue

    def to_dict(self) -> dict[str, Any]:
        from ..models.queue import Queue
        from ..models.resume import Resume

        id = self.id

        owner_id = self.owner_id

        name = self.name

        desired = self.desired.value

        phase = self.phase.value

        generation = self.generation

        idle_suspend_seconds: int | None
        idle_suspend_seconds = self.idle_suspend_seconds

        team: None | str
        team = self.team

        last_rung: None | str
        if isinstance(self.last_rung, Rung):
            last_rung = self.last_rung.value
        else:
            last_rung = self.last_rung

        last_resume: dict[str, Any] | None
        if isinstance(self.last_resume, Resume):
            last_resume = self.last_resume.to_dict()
        else:
            last_resume = self.last_resume

        problem: None | str
        problem = self.problem

        created_at = self.created_at.isoformat()

        last_active_at = self.last_active_at.isoformat()

        undo_until: None | str
        if isinstance(self.undo_until, datetime.datetime):
            undo_until = self.undo_until.isoformat()
        else:
            undo_until = self.undo_until

        kept = self.kept.value

        queue: dict[str, Any] | None
        if isinstance(self.queue, Queue):
            queue = self.queue.to_dict()
        else:
            queue = self.queue

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "ownerId": owner_id,
                "name": name,
                "desired": desired,
                "phase": phase,
                "generation": generation,
                "idleSuspendSeconds": idle_suspend_seconds,
                "team": team,
                "lastRung": last_rung,
                "lastResume": last_resume,
                "problem": problem,
                "createdAt": created_at,
                "lastActiveAt": last_active_at,
                "undoUntil": undo_until,
                "kept": kept,
                "queue": queue,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.queue import Queue
        from ..models.resume import Resume

        d = dict(src_dict)
        id = d.pop("id")

        owner_id = d.pop("ownerId")

        name = d.pop("name")

        desired = Desired(d.pop("desired"))

        phase = Phase(d.pop("phase"))

        generation = d.pop("generation")

        def _parse_idle_suspend_seconds(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        idle_suspend_seconds = _parse_idle_suspend_seconds(d.pop("idleSuspendSeconds"))

        def _parse_team(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        team = _parse_team(d.pop("team"))

        def _parse_last_rung(data: object) -> None | Rung:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                last_rung_type_0 = Rung(data)

                return last_rung_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Rung, data)

        last_rung = _parse_last_rung(d.pop("lastRung"))

        def _parse_last_resume(data: object) -> None | Resume:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                last_resume_type_0 = Resume.from_dict(data)

                return last_resume_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Resume, data)

        last_resume = _parse_last_resume(d.pop("lastResume"))

        def _parse_problem(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        problem = _parse_problem(d.pop("problem"))

        created_at = datetime.datetime.fromisoformat(d.pop("createdAt"))

        last_active_at = datetime.datetime.fromisoformat(d.pop("lastActiveAt"))

        def _parse_undo_until(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                undo_until_type_0 = datetime.datetime.fromisoformat(data)

                return undo_until_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        undo_until = _parse_undo_until(d.pop("undoUntil"))

        kept = Kept(d.pop("kept"))

        def _parse_queue(data: object) -> None | Queue:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                queue_type_0 = Queue.from_dict(data)

                return queue_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Queue, data)

        queue = _parse_queue(d.pop("queue"))

        workspace_details = cls(
            id=id,
            owner_id=owner_id,
            name=name,
            desired=desired,
            phase=phase,
            generation=generation,
            idle_suspend_seconds=idle_suspend_seconds,
            team=team,
            last_rung=last_rung,
            last_resume=last_resume,
            problem=problem,
            created_at=created_at,
            last_active_at=last_active_at,
            undo_until=undo_until,
            kept=kept,
            queue=queue,
        )

        return workspace_details
