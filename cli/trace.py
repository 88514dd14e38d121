"""`longrun trace`: the one trace that joins a background run: its event, workflow, agents, model calls and tools."""

from cli.conversation import converse
from cli.errors import SUCCESS, CliError
from cli.options import Authorization, Json, Region, Run, Stack, State, Url, User
from cli.output import Output
from cli.span_tree import show
from cli.targets import TargetOptions, find_deployment
from cli.trace_sources import read_spans
from client import LongrunClient


def trace(
    run: Run,
    user: User = None,
    state: State = None,
    stack: Stack = None,
    url: Url = None,
    authorization: Authorization = None,
    region: Region = None,
    as_json: Json = False,
) -> int:
    """Show where a background run's time went, from its event to its end.

    The spans come from the sandbox, or from AWS X-Ray with the AWS credentials at hand. JSON has
    {run_id, trace_id, spans: [{trace_id, span_id, parent_id, name, service, start, end, status, error, attributes}]}.
    """
    options = TargetOptions(state, stack, url, authorization, region, user)
    output, deployment = Output(as_json), find_deployment(options)
    with output.busy("reading the trace"):
        trace_id, workflow = converse(deployment, user, lambda client: _traced(client, run))
        spans = read_spans(deployment, trace_id, workflow)
    output.document({"run_id": run, "trace_id": trace_id, "spans": [span.to_json() for span in spans]})
    show(output.console, spans)
    output.line(f"{len(spans)} spans of trace {trace_id}", "dim")
    return SUCCESS


async def _traced(client: LongrunClient, run: str) -> tuple[str, str]:
    """The trace that the run's first event names, and the execution that carries the run."""
    async for event in await client.watch(run):
        if event.data.get("trace_id"):
            return str(event.data["trace_id"]), str(event.data.get("workflow", ""))
        break
    sentence = f"run {run} streamed, and only background runs have one trace"
    raise CliError("NO_TRACE", f"{sentence}; 'longrun logs {run}' shows what its functions did")
