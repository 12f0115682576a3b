from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.webhook_key_algorithm import WebhookKeyAlgorithm

T = TypeVar("T", bound="WebhookKey")


@_attrs_define
class WebhookKey:
    """
    Attributes:
        key (str):
        algorithm (WebhookKeyAlgorithm):
    """

    key: str
    algorithm: WebhookKeyAlgorithm

    def to_dict(self) -> dict[str, Any]:
        key = self.key

        algorithm = self.algorithm.value

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "key": key,
                "algorithm": algorithm,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        d = dict(src_dict)
        key = d.pop("key")

        algorithm = WebhookKeyAlgorithm(d.pop("algorithm"))

        webhook_key = cls(
            key=key,
            algorithm=algorithm,
        )

        return webhook_key
