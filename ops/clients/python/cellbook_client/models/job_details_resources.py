from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar, cast

from attrs import define as _attrs_define

T = TypeVar("T", bound="JobDetailsResources")


@_attrs_define
class JobDetailsResources:
    """
    Attributes:
        gpus (int):  Default: 1.
        skus (list[str] | None):
        gpu_memory_mib (int):  Default: 8192.
        checkpoints (bool):  Default: True.
    """

    skus: list[str] | None
    gpus: int = 1
    gpu_memory_mib: int = 8192
    checkpoints: bool = True

    def to_dict(self) -> dict[str, Any]:
        gpus = self.gpus

        skus: list[str] | None
        if isinstance(self.skus, list):
            skus = self.skus

        else:
            skus = self.skus

        gpu_memory_mib = self.gpu_memory_mib

        checkpoints = self.checkpoints

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "gpus": gpus,
                "skus": skus,
                "gpuMemoryMib": gpu_memory_mib,
                "checkpoints": checkpoints,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        gpus = d.pop("gpus")

        def _parse_skus(data: object) -> list[str] | None:
            if data is None:
                return data
            try:
                if not isinstance(data, list):
                    raise TypeError()
                skus_type_0 = cast(list[str], data)

                return skus_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(list[str] | None, data)

        skus = _parse_skus(d.pop("skus"))

        gpu_memory_mib = d.pop("gpuMemoryMib")

        checkpoints = d.pop("checkpoints")

        job_details_resources = cls(
            gpus=gpus,
            skus=skus,
            gpu_memory_mib=gpu_memory_mib,
            checkpoints=checkpoints,
        )

        return job_details_resources
