from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..types import UNSET, Unset

T = TypeVar("T", bound="Resources")


@_attrs_define
class Resources:
    """
    Attributes:
        gpus (int | Unset):  Default: 1.
        skus (list[str] | Unset):
        gpu_memory_mib (int | Unset):  Default: 8192.
        checkpoints (bool | Unset):  Default: True.
    """

    gpus: int | Unset = 1
    skus: list[str] | Unset = UNSET
    gpu_memory_mib: int | Unset = 8192
    checkpoints: bool | Unset = True

    def to_dict(self) -> dict[str, Any]:
        gpus = self.gpus

        skus: list[str] | Unset = UNSET
        if not isinstance(self.skus, Unset):
            skus = self.skus

        gpu_memory_mib = self.gpu_memory_mib

        checkpoints = self.checkpoints

        field_dict: dict[str, Any] = {}

        field_dict.update({})
        if gpus is not UNSET:
            field_dict["gpus"] = gpus
        if skus is not UNSET:
            field_dict["skus"] = skus
        if gpu_memory_mib is not UNSET:
            field_dict["gpuMemoryMib"] = gpu_memory_mib
        if checkpoints is not UNSET:
            field_dict["checkpoints"] = checkpoints

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        gpus = d.pop("gpus", UNSET)

        skus = cast(list[str], d.pop("skus", UNSET))

        gpu_memory_mib = d.pop("gpuMemoryMib", UNSET)

        checkpoints = d.pop("checkpoints", UNSET)

        resources = cls(
            gpus=gpus,
            skus=skus,
            gpu_memory_mib=gpu_memory_mib,
            checkpoints=checkpoints,
        )

        return resources
