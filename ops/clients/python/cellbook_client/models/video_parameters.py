from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

T = TypeVar("T", bound="VideoParameters")


@_attrs_define
class VideoParameters:
    """
    Attributes:
        duration_seconds (float | Unset):
        width (int | Unset):
        height (int | Unset):
        fps (int | Unset):
        steps (int | Unset):
        seed (int | Unset):
    """

    duration_seconds: float | Unset = UNSET
    width: int | Unset = UNSET
    height: int | Unset = UNSET
    fps: int | Unset = UNSET
    steps: int | Unset = UNSET
    seed: int | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        duration_seconds = self.duration_seconds

        width = self.width

        height = self.height

        fps = self.fps

        steps = self.steps

        seed = self.seed

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if duration_seconds is not UNSET:
            field_dict["durationSeconds"] = duration_seconds
        if width is not UNSET:
            field_dict["width"] = width
        if height is not UNSET:
            field_dict["height"] = height
        if fps is not UNSET:
            field_dict["fps"] = fps
        if steps is not UNSET:
            field_dict["steps"] = steps
        if seed is not UNSET:
            field_dict["seed"] = seed

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        duration_seconds = d.pop("durationSeconds", UNSET)

        width = d.pop("width", UNSET)

        height = d.pop("height", UNSET)

        fps = d.pop("fps", UNSET)

        steps = d.pop("steps", UNSET)

        seed = d.pop("seed", UNSET)

        video_parameters = cls(
            duration_seconds=duration_seconds,
            width=width,
            height=height,
            fps=fps,
            steps=steps,
            seed=seed,
        )

        video_parameters.additional_properties = d
        return video_parameters

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
