"""Speaks with a deployment: one connection, its errors as the command line's, a run followed to its end."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from cli.errors import CliError, one_sentence
from cli.output import Output
from cli.render import RunRenderer
from cli.summary import Summary
from cli.targets import Deployment
from client import LongrunClient, LongrunError, RunEvent, RunFile, RunHandle, Target

USER = re.compile(r"[\w.@+=,:/-]{1,256}", re.ASCII)
"""What a deployment without authorization takes for a user; anything else it refuses without a word."""

ARRIVAL_SECONDS = 10.0
"""From a background run's event to the first entry in its journal; a second is usual, a cold start takes longer."""

NOT_THIS_RUN = ("CONFLICT", "NOT_OWNER")
"""The run of that id is not the one that was asked for."""

Result = TypeVar("Result")
Begin = Callable[[LongrunClient], Awaitable[RunHandle]]


def target_of(deployment: Deployment, user: str | None) -> Target:
    """Where to speak, and as whom. CliError for a user that no deployment takes."""
    if user and not USER.fullmatch(user):
        raise CliError("USAGE", f"--user is '{user}'; use 1 to 256 letters, digits or _ . @ + = , : / -")
    return Target(deployment.websocket_url, deployment.authorization, deployment.region, user or "")


def converse(deployment: Deployment, user: str | None, talk: Callable[[LongrunClient], Awaitable[Result]]) -> Result:
    """Runs `talk` over one connection. CliError with the deployment's or the client's code."""
    target = target_of(deployment, user)

    async def connected() -> Result:
        async with LongrunClient(target) as client:
            return await talk(client)

    return finished(connected())


def finished(work: Coroutine[None, None, Result]) -> Result:
    """What the client's work comes to. CliError with the client's code."""
    try:
        return asyncio.run(work)
    except LongrunError as error:
        raise CliError(error.code, error.sentence) from error


def observe(
    output: Output,
    deployment: Deployment,
    user: str | None,
    summary: Summary,
    begin: Begin,
    check: Callable[[RunEvent], None] = lambda _event: None,
) -> None:
    """Begins a run or joins it, shows it to its end and counts what is seen into `summary`.

    `check` may refuse an event by raising a CliError.
    """
    renderer = RunRenderer(output.console)

    async def talk(client: LongrunClient) -> None:
        summary.times.begin()
        renderer.waiting("waiting for the deployment")
        run = await begin(client)
        summary.accepted(run.session_id)
        async for event in run:
            check(event)
            summary.add(event)
            renderer.show(event)
        if summary.is_background:
            summary.files = await _files(client, summary.run_id, renderer)

    try:
        converse(deployment, user, talk)
    finally:
        renderer.close()


async def _files(client: LongrunClient, run_id: str, renderer: RunRenderer) -> Sequence[RunFile] | None:
    """What the run made. Its end has been seen, which no trouble with the list undoes."""
    renderer.waiting("asking what the run made")
    try:
        return await client.files(run_id)
    except LongrunError as error:
        renderer.note(f"what the run made cannot be listed: {error.sentence}")
        return None


@contextmanager
def findable(summary: Summary, options: str) -> Iterator[None]:
    """Whatever takes us away from a run that goes on, its id and the way back to it are told."""
    again = f"longrun watch {summary.run_id}{options}"
    try:
        yield
    except CliError as error:
        if not summary.is_accepted or error.code in NOT_THIS_RUN:
            raise
        hint = f"if the deployment lives the run goes on, follow it with '{again} --after {summary.last_seq}'"
        raise CliError(error.code, f"{one_sentence(error.message)}; {hint}", summary.document()) from error
    except KeyboardInterrupt as error:
        if not summary.is_accepted:
            sentence = f"stopped by Ctrl-C while run {summary.run_id} was handed over; '{again}' tells whether it began"
            raise CliError("INTERRUPTED", sentence) from error
        raise CliError(
            "INTERRUPTED",
            f"no longer watching, the run goes on; follow it with '{again} --after {summary.last_seq}' "
            f"or stop it with 'longrun cancel {summary.run_id}{options}'",
            summary.document(),
        ) from error
