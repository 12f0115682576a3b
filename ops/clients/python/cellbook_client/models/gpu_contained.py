from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define

if TYPE_CHECKING:
    from ..models.gpu_contained_classes_item import GpuContainedClassesItem
    from ..models.gpu_contained_versions_item import GpuContainedVersionsItem


T = TypeVar("T", bound="GpuContained")


@_attrs_define
class GpuContained:
    """
    Attributes:
        region (str):
        classes (list[GpuContainedClassesItem]):
        versions (list[GpuContainedVersionsItem]):
    """

    region: str
    classes: list[GpuContainedClassesItem]
    versions: list[GpuContainedVersionsItem]

    def to_dict(self) -> dict[str, Any]:
        region = self.region

        classes = []
        for classes_item_data in self.classes:
            classes_item = classes_item_data.to_dict()
            classes.append(classes_item)

        versions = []
        for versions_item_data in self.versions:
            versions_item = versions_item_data.to_dict()
            versions.append(versions_item)

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "region": region,
                "classes": classes,
                "versions": versions,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.gpu_contained_classes_item import GpuContainedClassesItem
        from ..models.gpu_contained_versions_item import GpuContainedVersionsItem

        d = dict(src_dict)
        region = d.pop("region")

        classes = []
        _classes = d.pop("classes")
        for classes_item_data in _classes:
            classes_item = GpuContainedClassesItem.from_dict(classes_item_data)

            classes.append(classes_item)

        versions = []
        _versions = d.pop("versions")
        for versions_item_data in _versions:
            versions_item = GpuContainedVersionsItem.from_dict(versions_item_data)

            versions.append(versions_item)

        gpu_contained = cls(
            region=region,
            classes=classes,
            versions=versions,
        )

        return gpu_contained
