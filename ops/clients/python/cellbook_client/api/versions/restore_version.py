from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...models.error import Error
from ...models.restore_version_body import RestoreVersionBody
from ...models.version import Version
from ...types import UNSET, Response, Unset


def _get_kwargs(
    workspace_id: str,
    version: str,
    *,
    body: RestoreVersionBody,
    idempotency_key: str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["idempotency-key"] = idempotency_key

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/workspaces/{workspace_id}/versions/{version}/restore".format(
            workspace_id=quote(str(workspace_id), safe=""),
            version=quote(str(version), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | Version:
    if response.status_code == 200:
        response_200 = Version.from_dict(response.json())

        return response_200

    response_default = Error.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Error | Version]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    workspace_id: str,
    version: str,
    *,
    client: AuthenticatedClient | Client,
    body: RestoreVersionBody,
    idempotency_key: str | Unset = UNSET,
) -> Response[Error | Version]:
    """Make an earlier version the file again, as a new version; nothing is lost

    Args:
        workspace_id (str):
        version (str):
        idempotency_key (str | Unset):
        body (RestoreVersionBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | Version]
    """

    kwargs = _get_kwargs(
        workspace_id=workspace_id,
        version=version,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    workspace_id: str,
    version: str,
    *,
    client: AuthenticatedClient | Client,
    body: RestoreVersionBody,
    idempotency_key: str | Unset = UNSET,
) -> Error | Version | None:
    """Make an earlier version the file again, as a new version; nothing is lost

    Args:
        workspace_id (str):
        version (str):
        idempotency_key (str | Unset):
        body (RestoreVersionBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | Version
    """

    return sync_detailed(
        workspace_id=workspace_id,
        version=version,
        client=client,
        body=body,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    workspace_id: str,
    version: str,
    *,
    client: AuthenticatedClient | Client,
    body: RestoreVersionBody,
    idempotency_key: str | Unset = UNSET,
) -> Response[Error | Version]:
    """Make an earlier version the file again, as a new version; nothing is lost

    Args:
        workspace_id (str):
        version (str):
        idempotency_key (str | Unset):
        body (RestoreVersionBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | Version]
    """

    kwargs = _get_kwargs(
        workspace_id=workspace_id,
        version=version,
        body=body,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    workspace_id: str,
    version: str,
    *,
    client: AuthenticatedClient | Client,
    body: RestoreVersionBody,
    idempotency_key: str | Unset = UNSET,
) -> Error | Version | None:
    """Make an earlier version the file again, as a new version; nothing is lost

    Args:
        workspace_id (str):
        version (str):
        idempotency_key (str | Unset):
        body (RestoreVersionBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | Version
    """

    return (
        await asyncio_detailed(
            workspace_id=workspace_id,
            version=version,
            client=client,
            body=body,
            idempotency_key=idempotency_key,
        )
    ).parsed
