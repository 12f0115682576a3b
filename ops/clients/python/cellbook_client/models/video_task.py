from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.video_task_kind import VideoTaskKind
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.video_parameters import VideoParameters


T = TypeVar("T", bound="VideoTask")


@_attrs_define
class VideoTask:
    """
    Attributes:
        kind (VideoTaskKind):
        prompt (str):
        parameters (VideoParameters | Unset):
        binary (str | Unset):  Default: 'video-renderer'.
    """

    kind: VideoTaskKind
    prompt: str
    parameters: VideoParameters | Unset = UNSET
    binary: str | Unset = "video-renderer"

    def to_dict(self) -> dict[str, Any]:
        kind = self.kind.value

        prompt = self.prompt

        parameters: dict[str, Any] | Unset = UNSET
        if not isinstance(self.parameters, Unset):
            parameters = self.parameters.to_dict()

        binary = self.binary

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "kind": kind,
                "prompt": prompt,
            }
        )
        if parameters is not UNSET:
            field_dict["parameters"] = parameters
        if binary is not UNSET:
            field_dict["binary"] = binary

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.video_parameters import VideoParameters

        d = dict(src_dict)
        kind = VideoTaskKind(d.pop("kind"))

        prompt = d.pop("prompt")

        _parameters = d.pop("parameters", UNSET)
        parameters: VideoParameters | Unset
        if isinstance(_parameters, Unset):
            parameters = UNSET
        else:
            parameters = VideoParameters.from_dict(_parameters)

        binary = d.pop("binary", UNSET)

        video_task = cls(
            kind=kind,
            prompt=prompt,
            parameters=parameters,
            binary=binary,
        )

        return video_task
