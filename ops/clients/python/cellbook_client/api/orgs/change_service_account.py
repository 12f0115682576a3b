from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...models.change_service_account_body import ChangeServiceAccountBody
from ...models.error import Error
from ...models.service_account import ServiceAccount
from ...types import Response


def _get_kwargs(
    org_id: str,
    id: str,
    *,
    body: ChangeServiceAccountBody,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "patch",
        "url": "/v1/orgs/{org_id}/service-accounts/{id}".format(
            org_id=quote(str(org_id), safe=""),
            id=quote(str(id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | ServiceAccount:
    if response.status_code == 200:
        response_200 = ServiceAccount.from_dict(response.json())

        return response_200

    response_default = Error.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Error | ServiceAccount]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    org_id: str,
    id: str,
    *,
    client: AuthenticatedClient | Client,
    body: ChangeServiceAccountBody,
) -> Response[Error | ServiceAccount]:
    """Rename, give another role, disable or enable

    Args:
        org_id (str):
        id (str):
        body (ChangeServiceAccountBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | ServiceAccount]
    """

    kwargs = _get_kwargs(
        org_id=org_id,
        id=id,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    org_id: str,
    id: str,
    *,
    client: AuthenticatedClient | Client,
    body: ChangeServiceAccountBody,
) -> Error | ServiceAccount | None:
    """Rename, give another role, disable or enable

    Args:
        org_id (str):
        id (str):
        body (ChangeServiceAccountBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | ServiceAccount
    """

    return sync_detailed(
        org_id=org_id,
        id=id,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    org_id: str,
    id: str,
    *,
    client: AuthenticatedClient | Client,
    body: ChangeServiceAccountBody,
) -> Response[Error | ServiceAccount]:
    """Rename, give another role, disable or enable

    Args:
        org_id (str):
        id (str):
        body (ChangeServiceAccountBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | ServiceAccount]
    """

    kwargs = _get_kwargs(
        org_id=org_id,
        id=id,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    org_id: str,
    id: str,
    *,
    client: AuthenticatedClient | Client,
    body: ChangeServiceAccountBody,
) -> Error | ServiceAccount | None:
    """Rename, give another role, disable or enable

    Args:
        org_id (str):
        id (str):
        body (ChangeServiceAccountBody):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | ServiceAccount
    """

    return (
        await asyncio_detailed(
            org_id=org_id,
            id=id,
            client=client,
            body=body,
        )
    ).parsed
