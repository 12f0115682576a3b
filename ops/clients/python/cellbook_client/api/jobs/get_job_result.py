from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...models.error import Error
from ...models.job_result import JobResult
from ...types import UNSET, Response, Unset


def _get_kwargs(
    job_id: str,
    *,
    seconds: int | Unset = 3600,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["seconds"] = seconds

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/jobs/{job_id}/result".format(
            job_id=quote(str(job_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | JobResult:
    if response.status_code == 200:
        response_200 = JobResult.from_dict(response.json())

        return response_200

    response_default = Error.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Error | JobResult]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    job_id: str,
    *,
    client: AuthenticatedClient | Client,
    seconds: int | Unset = 3600,
) -> Response[Error | JobResult]:
    """A signed address of its result that expires

    Args:
        job_id (str):
        seconds (int | Unset):  Default: 3600.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | JobResult]
    """

    kwargs = _get_kwargs(
        job_id=job_id,
        seconds=seconds,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    job_id: str,
    *,
    client: AuthenticatedClient | Client,
    seconds: int | Unset = 3600,
) -> Error | JobResult | None:
    """A signed address of its result that expires

    Args:
        job_id (str):
        seconds (int | Unset):  Default: 3600.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | JobResult
    """

    return sync_detailed(
        job_id=job_id,
        client=client,
        seconds=seconds,
    ).parsed


async def asyncio_detailed(
    job_id: str,
    *,
    client: AuthenticatedClient | Client,
    seconds: int | Unset = 3600,
) -> Response[Error | JobResult]:
    """A signed address of its result that expires

    Args:
        job_id (str):
        seconds (int | Unset):  Default: 3600.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | JobResult]
    """

    kwargs = _get_kwargs(
        job_id=job_id,
        seconds=seconds,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    job_id: str,
    *,
    client: AuthenticatedClient | Client,
    seconds: int | Unset = 3600,
) -> Error | JobResult | None:
    """A signed address of its result that expires

    Args:
        job_id (str):
        seconds (int | Unset):  Default: 3600.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | JobResult
    """

    return (
        await asyncio_detailed(
            job_id=job_id,
            client=client,
            seconds=seconds,
        )
    ).parsed
