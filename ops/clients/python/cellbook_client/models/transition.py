from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.phase import Phase
from ..models.transition_kind import TransitionKind
from ..models.transition_outcome_type_0 import TransitionOutcomeType0

if TYPE_CHECKING:
    from ..models.resume import Resume


T = TypeVar("T", bound="Transition")


@_attrs_define
class Transition:
    """
    Attributes:
        id (int):
        kind (TransitionKind):
        step (str):
        from_ (None | Phase):
        to (None | Phase):
        outcome (None | TransitionOutcomeType0):
        duration_ms (int | None):
        problem (None | str):
        resume (None | Resume):
        generation (int):
        epoch (int):
        at (datetime.datetime):
    """

    id: int
    kind: TransitionKind
    step: str
    from_: None | Phase
    to: None | Phase
    outcome: None | TransitionOutcomeType0
    duration_ms: int | None
    problem: None | str
    resume: None | Resume
    generation: int
    epoch: int
    at: datetime.datetime

    def to_dict(self) -> dict[str, Any]:
        from ..models.resume import Resume

        id = self.id

        kind = self.kind.value

        step = self.step

        from_: None | str
        if isinstance(self.from_, Phase):
            from_ = self.from_.value
        else:
            from_ = self.from_

        to: None | str
        if isinstance(self.to, Phase):
            to = self.to.value
        else:
            to = self.to

        outcome: None | str
        if isinstance(self.outcome, TransitionOutcomeType0):
            outcome = self.outcome.value
        else:
            outcome = self.outcome

        duration_ms: int | None
        duration_ms = self.duration_ms

        problem: None | str
        problem = self.problem

        resume: dict[str, Any] | None
        if isinstance(self.resume, Resume):
            resume = self.resume.to_dict()
        else:
            resume = self.resume

        generation = self.generation

        epoch = self.epoch

        at = self.at.isoformat()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "kind": kind,
                "step": step,
                "from": from_,
                "to": to,
                "outcome": outcome,
                "durationMs": duration_ms,
                "problem": problem,
                "resume": resume,
                "generation": generation,
                "epoch": epoch,
                "at": at,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.resume import Resume

        d = dict(src_dict)
        id = d.pop("id")

        kind = TransitionKind(d.pop("kind"))

        step = d.pop("step")

        def _parse_from_(data: object) -> None | Phase:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                from_type_0 = Phase(data)

                return from_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Phase, data)

        from_ = _parse_from_(d.pop("from"))

        def _parse_to(data: object) -> None | Phase:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                to_type_0 = Phase(data)

                return to_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Phase, data)

        to = _parse_to(d.pop("to"))

        def _parse_outcome(data: object) -> None | TransitionOutcomeType0:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                outcome_type_0 = TransitionOutcomeType0(data)

                return outcome_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | TransitionOutcomeType0, data)

        outcome = _parse_outcome(d.pop("outcome"))

        def _parse_duration_ms(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        duration_ms = _parse_duration_ms(d.pop("durationMs"))

        def _parse_problem(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        problem = _parse_problem(d.pop("problem"))

        def _parse_resume(data: object) -> None | Resume:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                resume_type_0 = Resume.from_dict(data)

                return resume_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | Resume, data)

        resume = _parse_resume(d.pop("resume"))

        generation = d.pop("generation")

        epoch = d.pop("epoch")

        at = datetime.datetime.fromisoformat(d.pop("at"))

        transition = cls(
            id=id,
            kind=kind,
            step=step,
            from_=from_,
            to=to,
            outcome=outcome,
            duration_ms=duration_ms,
            problem=problem,
            resume=resume,
            generation=generation,
            epoch=epoch,
            at=at,
        )

        return transition
