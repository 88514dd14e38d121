"""`longrun runs` and `longrun cancel`."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from cli.deployment.connection import ARRIVAL_SECONDS, with_client
from cli.deployment.targets import find_deployment
from cli.options import Json, Run, TargetOptions
from cli.output import Output, printable
from cli.runs.summary import STATUS_STYLES
from client import LongrunClient, RunSummary
from contract.limits import MAX_RUNS
from contract.run_ids import seconds_left

Limit = Annotated[int, typer.Option("--limit", min=1, max=MAX_RUNS, metavar="N", help="The maximum number of runs.")]

WIDE = 80
"""The terminal width from which a question fits beside the run id, status and time."""

WIDER = 130
"""The terminal width from which the agent or the pipeline fits too."""

END_WITHIN_SECONDS = 90.0
"""An agent stops at its next token; only a running tool delays it. A background run without a running agent is ended
by its workflow, which polls at least once a minute."""


def runs(
    limit: Limit = 20,
    *,
    target: TargetOptions,
    as_json: Json = False,
) -> None:
    """List your newest runs.

    Newest first. JSON has {"runs": [{run_id, status, agent, session_id, question, created_at, open_questions}]}.
    """
    output, deployment = Output(as_json), find_deployment(target)
    with output.busy("listing the runs"):
        found = with_client(deployment, target.user, lambda client: client.runs(limit))
    output.document({"runs": [asdict(run) for run in found]})
    if not found:
        output.line(f"no runs yet; start one with 'longrun ask QUESTION{target.words()}'")
        return
    width = output.console.width
    output.console.print(_narrow(found) if width < WIDE else _table(found, with_agent=width >= WIDER))
    if any(run.status == "WAITING" for run in found):
        output.line(f"a WAITING run has questions: see them with 'longrun watch RUN{target.words()}'", "dim")


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
    """Two lines per run: its question and time are below its id and status."""
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
    *,
    target: TargetOptions,
    as_json: Json = False,
) -> None:
    """Stop a run; its text so far is kept.

    Waits until the run has ended and shows its status; an ended run does not change. JSON has {run_id, status}.
    """
    output, deployment, words = Output(as_json), find_deployment(target), target.words()
    with output.busy("waiting for the run to stop"):
        status = with_client(deployment, target.user, lambda client: _cancelled(client, run))
    output.document({"run_id": run, "status": status or "RUNNING"})
    if status is None:
        output.line(f"run {run} is still running after the stop request; see it end with 'longrun watch {run}{words}'")
    elif status != "CANCELLED":
        output.line(f"run {run} had already ended as {status}", style=STATUS_STYLES.get(status))
    else:
        output.line(f"run {run} is {status}", style=STATUS_STYLES.get(status))


async def _cancelled(client: LongrunClient, run_id: str) -> str | None:
    """The run's final status; None if it has not ended within END_WITHIN_SECONDS."""
    patience = seconds_left(run_id, ARRIVAL_SECONDS)
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
        # The column may shrink, and the cell must not wrap.
        Text(printable(" ".join(run.question.split())), no_wrap=True, overflow="ellipsis"),
    )
