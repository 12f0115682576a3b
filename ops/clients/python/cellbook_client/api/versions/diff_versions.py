from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...models.diff_versions_other_type_1 import DiffVersionsOtherType1
from ...models.error import Error
from ...models.file_diff_type_0 import FileDiffType0
from ...models.file_diff_type_1 import FileDiffType1
from ...models.file_diff_type_2 import FileDiffType2
from ...types import UNSET, Response


def _get_kwargs(
    workspace_id: str,
    version: str,
    other: DiffVersionsOtherType1 | str,
    *,
    path: str,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["path"] = path

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/workspaces/{workspace_id}/versions/{version}/diff/{other}".format(
            workspace_id=quote(str(workspace_id), safe=""),
            version=quote(str(version), safe=""),
            other=quote(str(other), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | FileDiffType0 | FileDiffType1 | FileDiffType2:
    if response.status_code == 200:

        def _parse_response_200(
            data: object,
        ) -> FileDiffType0 | FileDiffType1 | FileDiffType2:
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_file_diff_type_0 = FileDiffType0.from_dict(data)

                return componentsschemas_file_diff_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                componentsschemas_file_diff_type_1 = FileDiffType1.from_dict(data)

                return componentsschemas_file_diff_type_1
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, dict):
                raise TypeError()
            componentsschemas_file_diff_type_2 = FileDiffType2.from_dict(data)

            return componentsschemas_file_diff_type_2

        response_200 = _parse_response_200(response.json())

        return response_200

    response_default = Error.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Error | FileDiffType0 | FileDiffType1 | FileDiffType2]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    workspace_id: str,
    version: str,
    other: DiffVersionsOtherType1 | str,
    *,
    client: AuthenticatedClient | Client,
    path: str,
) -> Response[Error | FileDiffType0 | FileDiffType1 | FileDiffType2]:
    """How two versions differ, a notebook cell by cell; `current` is the file as it is

    Args:
        workspace_id (str):
        version (str):
        other (DiffVersionsOtherType1 | str):
        path (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | FileDiffType0 | FileDiffType1 | FileDiffType2]
    """

    kwargs = _get_kwargs(
        workspace_id=workspace_id,
        version=version,
        other=other,
        path=path,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    workspace_id: str,
    version: str,
    other: DiffVersionsOtherType1 | str,
    *,
    client: AuthenticatedClient | Client,
    path: str,
) -> Error | FileDiffType0 | FileDiffType1 | FileDiffType2 | None:
    """How two versions differ, a notebook cell by cell; `current` is the file as it is

    Args:
        workspace_id (str):
        version (str):
        other (DiffVersionsOtherType1 | str):
        path (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | FileDiffType0 | FileDiffType1 | FileDiffType2
    """

    return sync_detailed(
        workspace_id=workspace_id,
        version=version,
        other=other,
        client=client,
        path=path,
    ).parsed


async def asyncio_detailed(
    workspace_id: str,
    version: str,
    other: DiffVersionsOtherType1 | str,
    *,
    client: AuthenticatedClient | Client,
    path: str,
) -> Response[Error | FileDiffType0 | FileDiffType1 | FileDiffType2]:
    """How two versions differ, a notebook cell by cell; `current` is the file as it is

    Args:
        workspace_id (str):
        version (str):
        other (DiffVersionsOtherType1 | str):
        path (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | FileDiffType0 | FileDiffType1 | FileDiffType2]
    """

    kwargs = _get_kwargs(
        workspace_id=workspace_id,
        version=version,
        other=other,
        path=path,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    workspace_id: str,
    version: str,
    other: DiffVersionsOtherType1 | str,
    *,
    client: AuthenticatedClient | Client,
    path: str,
) -> Error | FileDiffType0 | FileDiffType1 | FileDiffType2 | None:
    """How two versions differ, a notebook cell by cell; `current` is the file as it is

    Args:
        workspace_id (str):
        version (str):
        other (DiffVersionsOtherType1 | str):
        path (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | FileDiffType0 | FileDiffType1 | FileDiffType2
    """

    return (
        await asyncio_detailed(
            workspace_id=workspace_id,
            version=version,
            other=other,
            client=client,
            path=path,
        )
    ).parsed
