"""`longrun runs` and `longrun cancel`."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from cli.conversation import ARRIVAL_SECONDS, converse
from cli.options import Authorization, Json, Region, Run, Stack, State, Url, User
from cli.output import Output, printable
from cli.summary import STATUS_STYLES
from cli.targets import TargetOptions, find_deployment
from client import LongrunClient, RunSummary
from client.run_id import patience_with

Limit = Annotated[int, typer.Option("--limit", min=1, max=50, metavar="N", help="How many at most.")]

WIDE = 80
"""Columns from which a question has room beside its run's id, status and time."""

WIDER = 130
"""Columns from which the agent, or the pipeline, has room too."""

END_WITHIN_SECONDS = 90.0
"""An agent stops at its next token; only a tool at work keeps it longer. A background run that nobody works on is ended
by its workflow, which looks at least once a minute."""


def runs(
    limit: Limit = 20,
    user: User = None,
    state: State = None,
    stack: Stack = None,
    url: Url = None,
    authorization: Authorization = None,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """List your newest runs.

    Newest first. JSON has {"runs": [{run_id, status, agent, session_id, question, created_at}]}.
    """
    options = TargetOptions(state, stack, url, authorization, region, user)
    output, deployment = Output(as_json), find_deployment(options)
    with output.busy("asking the deployment"):
        found = converse(deployment, user, lambda client: client.runs(limit))
    output.document({"runs": [asdict(run) for run in found]})
    if not found:
        output.line(f"no runs yet; start one with 'longrun ask QUESTION{options.words()}'")
        return
    width = output.console.width
    output.console.print(_narrow(found) if width < WIDE else _table(found, with_agent=width >= WIDER))


def _table(found: Sequence[RunSummary], with_agent: bool) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="dim")
    for name, width in (("run id", 36), ("status", 9), ("created", 11)):
        table.add_column(name, no_wrap=True, min_width=width)
    if with_agent:
        table.add_column("agent", no_wrap=True)
    table.add_column("question")
    for run in found:
        *head, question = _cells(run)
        table.add_row(*head, *([Text(printable(run.agent))] if with_agent else []), question)
    return table


def _narrow(found: Sequence[RunSummary]) -> Table:
    """Two lines a run: its question and its time go below its id and status."""
    table = Table.grid(padding=(0, 3, 0, 0))
    table.add_column(no_wrap=True, overflow="ellipsis")
    table.add_column(no_wrap=True, min_width=9)
    for run in found:
        run_id, status, created, question = _cells(run)
        table.add_row(run_id, status)
        table.add_row(Text.assemble("  ", question), Text(created.plain, style="dim"))
    return table


def cancel(
    run: Run,
    user: User = None,
    state: State = None,
    stack: Stack = None,
    url: Url = None,
    authorization: Authorization = None,
    region: Region = None,
    as_json: Json = False,
) -> None:
    """Stop a run; what it has written so far is kept.

    Waits until it has ended, and tells how; a run that had ended before stays as it was. JSON has {run_id, status}.
    """
    options = TargetOptions(state, stack, url, authorization, region, user)
    output, deployment, words = Output(as_json), find_deployment(options), options.words()
    with output.busy("waiting for the run to stop"):
        status = converse(deployment, user, lambda client: _cancelled(client, run))
    output.document({"run_id": run, "status": status or "RUNNING"})
    if status is None:
        output.line(f"run {run} was asked to stop and is still at work; see it end with 'longrun watch {run}{words}'")
    elif status != "CANCELLED":
        output.line(f"run {run} had ended before as {status}", style=STATUS_STYLES.get(status))
    else:
        output.line(f"run {run} is {status}", style=STATUS_STYLES.get(status))


async def _cancelled(client: LongrunClient, run_id: str) -> str | None:
    """The status that the run ended with, None if it has not within the time."""
    patience = patience_with(run_id, ARRIVAL_SECONDS)
    arrived = await client.watch(run_id, patience=patience) if patience else None
    await client.cancel(run_id)
    handle = arrived or await client.watch(run_id)
    try:
        async with asyncio.timeout(END_WITHIN_SECONDS):
            return (await handle.wait()).status
    except TimeoutError:
        return None


def _cells(run: RunSummary) -> tuple[Text, ...]:
    return (
        Text(printable(run.run_id)),
        Text(run.status, style=STATUS_STYLES.get(run.status, "")),
        Text(run.created_at[5:16].replace("T", " ")),
        # The column may shrink and the cell must not be folded.
        Text(printable(" ".join(run.question.split())), no_wrap=True, overflow="ellipsis"),
    )
