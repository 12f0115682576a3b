from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

from attrs import define as _attrs_define

from ..models.gpu_host_phase import GpuHostPhase

if TYPE_CHECKING:
    from ..models.gpu_host_evidence_type_0 import GpuHostEvidenceType0
    from ..models.gpu_host_held_type_0 import GpuHostHeldType0


T = TypeVar("T", bound="GpuHost")


@_attrs_define
class GpuHost:
    """
    Attributes:
        id (str):
        phase (GpuHostPhase):
        sku (str):
        rack (str):
        gpus (int):
        busy_gpus (int):
        unhealthy (list[int]):
        attempts (int):
        evidence (GpuHostEvidenceType0 | None):
        held (GpuHostHeldType0 | None):
    """

    id: str
    phase: GpuHostPhase
    sku: str
    rack: str
    gpus: int
    busy_gpus: int
    unhealthy: list[int]
    attempts: int
    evidence: GpuHostEvidenceType0 | None
    held: GpuHostHeldType0 | None

    def to_dict(self) -> dict[str, Any]:
        from ..models.gpu_host_evidence_type_0 import GpuHostEvidenceType0
        from ..models.gpu_host_held_type_0 import GpuHostHeldType0

        id = self.id

        phase = self.phase.value

        sku = self.sku

        rack = self.rack

        gpus = self.gpus

        busy_gpus = self.busy_gpus

        unhealthy = self.unhealthy

        attempts = self.attempts

        evidence: dict[str, Any] | None
        if isinstance(self.evidence, GpuHostEvidenceType0):
            evidence = self.evidence.to_dict()
        else:
            evidence = self.evidence

        held: dict[str, Any] | None
        if isinstance(self.held, GpuHostHeldType0):
            held = self.held.to_dict()
        else:
            held = self.held

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "id": id,
                "phase": phase,
                "sku": sku,
                "rack": rack,
                "gpus": gpus,
                "busyGpus": busy_gpus,
                "unhealthy": unhealthy,
                "attempts": attempts,
                "evidence": evidence,
                "held": held,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.gpu_host_evidence_type_0 import GpuHostEvidenceType0
        from ..models.gpu_host_held_type_0 import GpuHostHeldType0

        d = dict(src_dict)
        id = d.pop("id")

        phase = GpuHostPhase(d.pop("phase"))

        sku = d.pop("sku")

        rack = d.pop("rack")

        gpus = d.pop("gpus")

        busy_gpus = d.pop("busyGpus")

        unhealthy = cast(list[int], d.pop("unhealthy"))

        attempts = d.pop("attempts")

        def _parse_evidence(data: object) -> GpuHostEvidenceType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                evidence_type_0 = GpuHostEvidenceType0.from_dict(data)

                return evidence_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(GpuHostEvidenceType0 | None, data)

        evidence = _parse_evidence(d.pop("evidence"))

        def _parse_held(data: object) -> GpuHostHeldType0 | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                held_type_0 = GpuHostHeldType0.from_dict(data)

                return held_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(GpuHostHeldType0 | None, data)

        held = _parse_held(d.pop("held"))

        gpu_host = cls(
            id=id,
            phase=phase,
            sku=sku,
            rack=rack,
            gpus=gpus,
            busy_gpus=busy_gpus,
            unhealthy=unhealthy,
            attempts=attempts,
            evidence=evidence,
            held=held,
        )

        return gpu_host
