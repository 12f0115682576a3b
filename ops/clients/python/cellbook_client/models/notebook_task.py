from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self, TypeVar

from attrs import define as _attrs_define

from ..models.notebook_task_kind import NotebookTaskKind
from ..types import UNSET, Unset

if TYPE_CHECKING:
    from ..models.job_parameters import JobParameters
    from ..models.notebook_document import NotebookDocument


T = TypeVar("T", bound="NotebookTask")


@_attrs_define
class NotebookTask:
    """
    Attributes:
        kind (NotebookTaskKind):
        notebook (NotebookDocument):
        parameters (JobParameters | Unset):
        binary (str | Unset):  Default: 'notebook'.
    """

    kind: NotebookTaskKind
    notebook: NotebookDocument
    parameters: JobParameters | Unset = UNSET
    binary: str | Unset = "notebook"

    def to_dict(self) -> dict[str, Any]:
        kind = self.kind.value

        notebook = self.notebook.to_dict()

        parameters: dict[str, Any] | Unset = UNSET
        if not isinstance(self.parameters, Unset):
            parameters = self.parameters.to_dict()

        binary = self.binary

        field_dict: dict[str, Any] = {}

        field_dict.update(
            {
                "kind": kind,
                "notebook": notebook,
            }
        )
        if parameters is not UNSET:
            field_dict["parameters"] = parameters
        if binary is not UNSET:
            field_dict["binary"] = binary

        return field_dict

    @classmethod
    def from_dict(cls, src_dict: Mapping[str, Any]) -> Self:
        from ..models.job_parameters import JobParameters
        from ..models.notebook_document import NotebookDocument

        d = dict(src_dict)
        kind = NotebookTaskKind(d.pop("kind"))

        notebook = NotebookDocument.from_dict(d.pop("notebook"))

        _parameters = d.pop("parameters", UNSET)
        parameters: JobParameters | Unset
        if isinstance(_parameters, Unset):
            parameters = UNSET
        else:
            parameters = JobParameters.from_dict(_parameters)

        binary = d.pop("binary", UNSET)

        notebook_task = cls(
            kind=kind,
            notebook=notebook,
            parameters=parameters,
            binary=binary,
        )

        return notebook_task
