from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.other_task_kind import OtherTaskKind
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.job_parameters import JobParameters


T = TypeVar("T", bound="OtherTask")


@_attrs_define
class OtherTask:
    """
    Attributes:
        kind (OtherTaskKind):
        binary (str):
        prompt (str | Unset):  Default: ''.
        parameters (JobParameters | Unset):
    """

    kind: OtherTaskKind
    binary: str
    prompt: str | Unset = ""
    parameters: JobParameters | Unset = UNSET

    def to_dict(self) -> dict[str, Any]:
        kind = self.kind.value

        binary = self.binary

        prompt = self.prompt

        parameters: dict[str, Any] | Unset = UNSET
        if not isinstance(self.parameters, Unset):
            parameters = self.parameters.to_dict()

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "kind": kind,
                "binary": binary,
            }
        )
        if prompt is not UNSET:
            field_dict["prompt"] = prompt
        if parameters is not UNSET:
            field_dict["parameters"] = parameters

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.job_parameters import JobParameters

        d = dict(src_dict)
        kind = OtherTaskKind(d.pop("kind"))

        binary = d.pop("binary")

        prompt = d.pop("prompt", UNSET)

        _parameters = d.pop("parameters", UNSET)
        parameters: JobParameters | Unset
        if isinstance(_parameters, Unset):
            parameters = UNSET
        else:
            parameters = JobParameters.from_dict(_parameters)

        other_task = cls(
            kind=kind,
            binary=binary,
            prompt=prompt,
            parameters=parameters,
        )

        return other_task
