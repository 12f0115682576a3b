from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.error import Error
from ...models.list_workspaces_of import ListWorkspacesOf
from ...models.workspace_list import WorkspaceList
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    limit: int | Unset = 50,
    cursor: str | Unset = UNSET,
    include_deleted: str | Unset = UNSET,
    of: ListWorkspacesOf | Unset = ListWorkspacesOf.ME,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["limit"] = limit

    params["cursor"] = cursor

    params["includeDeleted"] = include_deleted

    json_of: str | Unset = UNSET
    if not isinstance(of, Unset):
        json_of = of.value

    params["of"] = json_of

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/workspaces",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | WorkspaceList:
    if response.status_code == 200:
        response_200 = WorkspaceList.from_dict(response.json())

        return response_200

    response_default = Error.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Error | WorkspaceList]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    limit: int | Unset = 50,
    cursor: str | Unset = UNSET,
    include_deleted: str | Unset = UNSET,
    of: ListWorkspacesOf | Unset = ListWorkspacesOf.ME,
) -> Response[Error | WorkspaceList]:
    """List workspaces, newest first: yours, or with `of` those you administer in this cell

    Args:
        limit (int | Unset):  Default: 50.
        cursor (str | Unset):
        include_deleted (str | Unset):
        of (ListWorkspacesOf | Unset):  Default: ListWorkspacesOf.ME.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | WorkspaceList]
    """

    kwargs = _get_kwargs(
        limit=limit,
        cursor=cursor,
        include_deleted=include_deleted,
        of=of,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    limit: int | Unset = 50,
    cursor: str | Unset = UNSET,
    include_deleted: str | Unset = UNSET,
    of: ListWorkspacesOf | Unset = ListWorkspacesOf.ME,
) -> Error | WorkspaceList | None:
    """List workspaces, newest first: yours, or with `of` those you administer in this cell

    Args:
        limit (int | Unset):  Default: 50.
        cursor (str | Unset):
        include_deleted (str | Unset):
        of (ListWorkspacesOf | Unset):  Default: ListWorkspacesOf.ME.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | WorkspaceList
    """

    return sync_detailed(
        client=client,
        limit=limit,
        cursor=cursor,
        include_deleted=include_deleted,
        of=of,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    limit: int | Unset = 50,
    cursor: str | Unset = UNSET,
    include_deleted: str | Unset = UNSET,
    of: ListWorkspacesOf | Unset = ListWorkspacesOf.ME,
) -> Response[Error | WorkspaceList]:
    """List workspaces, newest first: yours, or with `of` those you administer in this cell

    Args:
        limit (int | Unset):  Default: 50.
        cursor (str | Unset):
        include_deleted (str | Unset):
        of (ListWorkspacesOf | Unset):  Default: ListWorkspacesOf.ME.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | WorkspaceList]
    """

    kwargs = _get_kwargs(
        limit=limit,
        cursor=cursor,
        include_deleted=include_deleted,
        of=of,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    limit: int | Unset = 50,
    cursor: str | Unset = UNSET,
    include_deleted: str | Unset = UNSET,
    of: ListWorkspacesOf | Unset = ListWorkspacesOf.ME,
) -> Error | WorkspaceList | None:
    """List workspaces, newest first: yours, or with `of` those you administer in this cell

    Args:
        limit (int | Unset):  Default: 50.
        cursor (str | Unset):
        include_deleted (str | Unset):
        of (ListWorkspacesOf | Unset):  Default: ListWorkspacesOf.ME.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | WorkspaceList
    """

    return (
        await asyncio_detailed(
            client=client,
            limit=limit,
            cursor=cursor,
            include_deleted=include_deleted,
            of=of,
        )
    ).parsed
