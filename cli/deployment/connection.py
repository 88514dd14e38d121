"""Runs the client's work for a command and raises its errors as the command line's."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Final, TypeVar

from cli.deployment.deployment import Deployment
from cli.errors import CliError
from client import LongrunClient, LongrunError, Target
from contract.owners import USER, USER_FORM

ARRIVAL_SECONDS: Final = 10.0
"""From a background run's event to its first journal entry. One second is usual; a cold start takes longer."""

Result = TypeVar("Result")


def target_of(deployment: Deployment, user: str | None) -> Target:
    """The client's target. CliError for a user name that no deployment accepts."""
    if user and not USER.fullmatch(user):
        raise CliError("USAGE", f"--user is '{user}'; {USER_FORM}")
    issuer, audience = (str(deployment.outputs.get(name, "")) for name in ("token_issuer", "token_audience"))
    return Target(
        deployment.connect_url,
        deployment.authorization,
        deployment.region,
        user or "",
        deployment.token,
        issuer,
        audience,
    )


def with_client(deployment: Deployment, user: str | None, work: Callable[[LongrunClient], Awaitable[Result]]) -> Result:
    """The result of `work`, which gets a connected client. CliError with the deployment's or the client's code."""
    target = target_of(deployment, user)

    async def connected() -> Result:
        async with LongrunClient(target) as client:
            return await work(client)

    return run_async(connected())


def run_async(work: Coroutine[None, None, Result]) -> Result:
    """The result of the client's work. CliError with the client's code."""
    try:
        return asyncio.run(work)
    except LongrunError as error:
        raise CliError(error.code, error.message) from error
