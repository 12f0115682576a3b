import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.error import Error
from ...models.job_list import JobList
from ...models.list_jobs_of import ListJobsOf
from ...models.list_jobs_state import ListJobsState
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    limit: int | Unset = 50,
    cursor: str | Unset = UNSET,
    of: ListJobsOf | Unset = ListJobsOf.ME,
    kind: str | Unset = UNSET,
    label: str | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    state: ListJobsState | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["limit"] = limit

    params["cursor"] = cursor

    json_of: str | Unset = UNSET
    if not isinstance(of, Unset):
        json_of = of.value

    params["of"] = json_of

    params["kind"] = kind

    params["label"] = label

    json_since: str | Unset = UNSET
    if not isinstance(since, Unset):
        json_since = since.isoformat()
    params["since"] = json_since

    json_state: str | Unset = UNSET
    if not isinstance(state, Unset):
        json_state = state.value

    params["state"] = json_state

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/jobs",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | JobList:
    if response.status_code == 200:
        response_200 = JobList.from_dict(response.json())

        return response_200

    response_default = Error.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Error | JobList]:
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
    of: ListJobsOf | Unset = ListJobsOf.ME,
    kind: str | Unset = UNSET,
    label: str | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    state: ListJobsState | Unset = UNSET,
) -> Response[Error | JobList]:
    """Your jobs, or everybody’s in your organisation, newest first

    Args:
        limit (int | Unset):  Default: 50.
        cursor (str | Unset):
        of (ListJobsOf | Unset):  Default: ListJobsOf.ME.
        kind (str | Unset):
        label (str | Unset):
        since (datetime.datetime | Unset):
        state (ListJobsState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | JobList]
    """

    kwargs = _get_kwargs(
        limit=limit,
        cursor=cursor,
        of=of,
        kind=kind,
        label=label,
        since=since,
        state=state,
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
    of: ListJobsOf | Unset = ListJobsOf.ME,
    kind: str | Unset = UNSET,
    label: str | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    state: ListJobsState | Unset = UNSET,
) -> Error | JobList | None:
    """Your jobs, or everybody’s in your organisation, newest first

    Args:
        limit (int | Unset):  Default: 50.
        cursor (str | Unset):
        of (ListJobsOf | Unset):  Default: ListJobsOf.ME.
        kind (str | Unset):
        label (str | Unset):
        since (datetime.datetime | Unset):
        state (ListJobsState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | JobList
    """

    return sync_detailed(
        client=client,
        limit=limit,
        cursor=cursor,
        of=of,
        kind=kind,
        label=label,
        since=since,
        state=state,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    limit: int | Unset = 50,
    cursor: str | Unset = UNSET,
    of: ListJobsOf | Unset = ListJobsOf.ME,
    kind: str | Unset = UNSET,
    label: str | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    state: ListJobsState | Unset = UNSET,
) -> Response[Error | JobList]:
    """Your jobs, or everybody’s in your organisation, newest first

    Args:
        limit (int | Unset):  Default: 50.
        cursor (str | Unset):
        of (ListJobsOf | Unset):  Default: ListJobsOf.ME.
        kind (str | Unset):
        label (str | Unset):
        since (datetime.datetime | Unset):
        state (ListJobsState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | JobList]
    """

    kwargs = _get_kwargs(
        limit=limit,
        cursor=cursor,
        of=of,
        kind=kind,
        label=label,
        since=since,
        state=state,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    limit: int | Unset = 50,
    cursor: str | Unset = UNSET,
    of: ListJobsOf | Unset = ListJobsOf.ME,
    kind: str | Unset = UNSET,
    label: str | Unset = UNSET,
    since: datetime.datetime | Unset = UNSET,
    state: ListJobsState | Unset = UNSET,
) -> Error | JobList | None:
    """Your jobs, or everybody’s in your organisation, newest first

    Args:
        limit (int | Unset):  Default: 50.
        cursor (str | Unset):
        of (ListJobsOf | Unset):  Default: ListJobsOf.ME.
        kind (str | Unset):
        label (str | Unset):
        since (datetime.datetime | Unset):
        state (ListJobsState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | JobList
    """

    return (
        await asyncio_detailed(
            client=client,
            limit=limit,
            cursor=cursor,
            of=of,
            kind=kind,
            label=label,
            since=since,
            state=state,
        )
    ).parsed
