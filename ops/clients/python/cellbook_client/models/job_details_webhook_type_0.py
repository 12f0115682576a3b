from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.job_details_webhook_type_0_state import JobDetailsWebhookType0State

T = TypeVar("T", bound="JobDetailsWebhookType0")


@_attrs_define
class JobDetailsWebhookType0:
    """
    Attributes:
        url (str):
        state (JobDetailsWebhookType0State):
        attempts (int):
        problem (str):
    """

    url: str
    state: JobDetailsWebhookType0State
    attempts: int
    problem: str

    def to_dict(self) -> dict[str, Any]:
        url = self.url

        state = self.state.value

        attempts = self.attempts

        problem = self.problem

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "url": url,
                "state": state,
                "attempts": attempts,
                "problem": problem,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        url = d.pop("url")

        state = JobDetailsWebhookType0State(d.pop("state"))

        attempts = d.pop("attempts")

        problem = d.pop("problem")

        job_details_webhook_type_0 = cls(
            url=url,
            state=state,
            attempts=attempts,
            problem=problem,
        )

        return job_details_webhook_type_0
