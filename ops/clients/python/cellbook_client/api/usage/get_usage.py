import datetime
from http import HTTPStatus
from typing import Any

import httpx

from ...client import AuthenticatedClient, Client
from ...models.error import Error
from ...models.get_usage_by import GetUsageBy
from ...models.get_usage_group import GetUsageGroup
from ...models.get_usage_of import GetUsageOf
from ...models.usage_answer import UsageAnswer
from ...types import UNSET, Response, Unset


def _get_kwargs(
    *,
    from_: datetime.datetime | Unset = UNSET,
    to: datetime.datetime | Unset = UNSET,
    by: GetUsageBy | Unset = GetUsageBy.DAY,
    group: GetUsageGroup | Unset = GetUsageGroup.WORKSPACE,
    of: GetUsageOf | Unset = GetUsageOf.ME,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_from_: str | Unset = UNSET
    if not isinstance(from_, Unset):
        json_from_ = from_.isoformat()
    params["from"] = json_from_

    json_to: str | Unset = UNSET
    if not isinstance(to, Unset):
        json_to = to.isoformat()
    params["to"] = json_to

    json_by: str | Unset = UNSET
    if not isinstance(by, Unset):
        json_by = by.value

    params["by"] = json_by

    json_group: str | Unset = UNSET
    if not isinstance(group, Unset):
        json_group = group.value

    params["group"] = json_group

    json_of: str | Unset = UNSET
    if not isinstance(of, Unset):
        json_of = of.value

    params["of"] = json_of

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/usage",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Error | UsageAnswer:
    if response.status_code == 200:
        response_200 = UsageAnswer.from_dict(response.json())

        return response_200

    response_default = Error.from_dict(response.json())

    return response_default


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Error | UsageAnswer]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    from_: datetime.datetime | Unset = UNSET,
    to: datetime.datetime | Unset = UNSET,
    by: GetUsageBy | Unset = GetUsageBy.DAY,
    group: GetUsageGroup | Unset = GetUsageGroup.WORKSPACE,
    of: GetUsageOf | Unset = GetUsageOf.ME,
) -> Response[Error | UsageAnswer]:
    """What you and your organisation use of what you may; with `from`, what you, your organisation or
    everybody has used since

    Args:
        from_ (datetime.datetime | Unset):
        to (datetime.datetime | Unset):
        by (GetUsageBy | Unset):  Default: GetUsageBy.DAY.
        group (GetUsageGroup | Unset):  Default: GetUsageGroup.WORKSPACE.
        of (GetUsageOf | Unset):  Default: GetUsageOf.ME.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | UsageAnswer]
    """

    kwargs = _get_kwargs(
        from_=from_,
        to=to,
        by=by,
        group=group,
        of=of,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    from_: datetime.datetime | Unset = UNSET,
    to: datetime.datetime | Unset = UNSET,
    by: GetUsageBy | Unset = GetUsageBy.DAY,
    group: GetUsageGroup | Unset = GetUsageGroup.WORKSPACE,
    of: GetUsageOf | Unset = GetUsageOf.ME,
) -> Error | UsageAnswer | None:
    """What you and your organisation use of what you may; with `from`, what you, your organisation or
    everybody has used since

    Args:
        from_ (datetime.datetime | Unset):
        to (datetime.datetime | Unset):
        by (GetUsageBy | Unset):  Default: GetUsageBy.DAY.
        group (GetUsageGroup | Unset):  Default: GetUsageGroup.WORKSPACE.
        of (GetUsageOf | Unset):  Default: GetUsageOf.ME.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | UsageAnswer
    """

    return sync_detailed(
        client=client,
        from_=from_,
        to=to,
        by=by,
        group=group,
        of=of,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    from_: datetime.datetime | Unset = UNSET,
    to: datetime.datetime | Unset = UNSET,
    by: GetUsageBy | Unset = GetUsageBy.DAY,
    group: GetUsageGroup | Unset = GetUsageGroup.WORKSPACE,
    of: GetUsageOf | Unset = GetUsageOf.ME,
) -> Response[Error | UsageAnswer]:
    """What you and your organisation use of what you may; with `from`, what you, your organisation or
    everybody has used since

    Args:
        from_ (datetime.datetime | Unset):
        to (datetime.datetime | Unset):
        by (GetUsageBy | Unset):  Default: GetUsageBy.DAY.
        group (GetUsageGroup | Unset):  Default: GetUsageGroup.WORKSPACE.
        of (GetUsageOf | Unset):  Default: GetUsageOf.ME.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Error | UsageAnswer]
    """

    kwargs = _get_kwargs(
        from_=from_,
        to=to,
        by=by,
        group=group,
        of=of,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    from_: datetime.datetime | Unset = UNSET,
    to: datetime.datetime | Unset = UNSET,
    by: GetUsageBy | Unset = GetUsageBy.DAY,
    group: GetUsageGroup | Unset = GetUsageGroup.WORKSPACE,
    of: GetUsageOf | Unset = GetUsageOf.ME,
) -> Error | UsageAnswer | None:
    """What you and your organisation use of what you may; with `from`, what you, your organisation or
    everybody has used since

    Args:
        from_ (datetime.datetime | Unset):
        to (datetime.datetime | Unset):
        by (GetUsageBy | Unset):  Default: GetUsageBy.DAY.
        group (GetUsageGroup | Unset):  Default: GetUsageGroup.WORKSPACE.
        of (GetUsageOf | Unset):  Default: GetUsageOf.ME.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Error | UsageAnswer
    """

    return (
        await asyncio_detailed(
            client=client,
            from_=from_,
            to=to,
            by=by,
            group=group,
            of=of,
        )
    ).parsed
