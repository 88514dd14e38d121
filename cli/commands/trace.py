"""`longrun trace`: the trace of a run: its start, its functions, agents, model calls and tools."""

from cli.deployment.connection import with_client
from cli.deployment.targets import find_deployment
from cli.errors import SUCCESS, CliError
from cli.options import Json, Run, TargetOptions
from cli.output import Output
from cli.traces.sources import read_spans
from cli.traces.span_tree import show
from client import LongrunClient


def trace(
    run: Run,
    *,
    target: TargetOptions,
    as_json: Json = False,
) -> int:
    """Show how long each part of a run took, from its start to its end.

    The spans come from the sandbox, or from AWS X-Ray with your AWS credentials. JSON has
    {run_id, trace_id, spans: [{trace_id, span_id, parent_id, name, service, start, end, status, error, attributes}]}.
    """
    output, deployment = Output(as_json), find_deployment(target)
    with output.busy("reading the trace"):
        trace_id, workflow = with_client(deployment, target.user, lambda client: _traced(client, run))
        spans = read_spans(deployment, trace_id, workflow)
    output.document({"run_id": run, "trace_id": trace_id, "spans": [span.to_json() for span in spans]})
    show(output.console, spans)
    output.line(f"{len(spans)} spans of trace {trace_id}", "dim")
    return SUCCESS


async def _traced(client: LongrunClient, run: str) -> tuple[str, str]:
    """The trace id and the ARN of the workflow's execution, from the run's first event."""
    async for event in await client.watch(run):
        if event.data.get("trace_id"):
            return str(event.data["trace_id"]), str(event.data.get("workflow", ""))
        break
    raise CliError("NO_TRACE", f"run {run} has no trace; 'longrun logs {run}' shows the logs of its functions")
