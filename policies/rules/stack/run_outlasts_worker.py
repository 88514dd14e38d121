"""The times of a streamed run in order: the margin within the worker's timeout, that within the run's deadline."""

from collections.abc import Iterable, Iterator

from policies.rules.aws_limits import LAMBDA_DEFAULT_TIMEOUT
from policies.rules.finding import Finding
from policies.rules.index import Index
from policies.rules.lambda_function.functions.function import FUNCTION
from policies.rules.rule import Resource, Stack, StackRule
from policies.rules.stack.references.variables import DEADLINE_MARGIN, RUN_TIMEOUT, WORKER_FUNCTION, Host, hosts
from policies.rules.values import format_number, lookup, number


def _check(stack: Stack) -> Iterable[tuple[Resource, Finding]]:
    index = Index.of(stack)
    for host in hosts(index):
        yield from ((host.resource, finding) for finding in (*_margin(host), *_deadline(index, host)))


def _margin(host: Host) -> Iterator[Finding]:
    margin, timeout = host.seconds(DEADLINE_MARGIN), _timeout(host.resource)
    if margin is not None and timeout is not None and margin >= timeout:
        yield Finding(
            property=host.path(DEADLINE_MARGIN),
            value=format_number(margin),
            allowed=f"less than {format_number(timeout)} s, the function's timeout",
            why="The agent stops so long before the function's limit: nothing would be left of its time",
            fix="Lower the margin to what writing the end of a run takes, 30 s for example",
        )


def _deadline(index: Index, host: Host) -> Iterator[Finding]:
    """Of the gateway, which accepts runs and names the worker that executes them."""
    limit, worker = host.seconds(RUN_TIMEOUT), host.variables.get(WORKER_FUNCTION)
    function = None if worker is None else index.find(worker, (FUNCTION,)).resource
    timeout = None if function is None else _timeout(function)
    if function is not None and limit is not None and timeout is not None and limit < timeout:
        yield Finding(
            property=host.path(RUN_TIMEOUT),
            value=format_number(limit),
            allowed=f"at least {format_number(timeout)} s, the timeout of '{function.name}'",
            why="The journal ends a run as timed out while its worker is still working",
            fix=f"Raise the limit over {format_number(timeout)} s, with the time that a run waits for a worker",
        )


def _timeout(function: Resource) -> float | None:
    if function.type != FUNCTION:
        return None
    unset = lookup(function.properties, "timeout") is None
    return LAMBDA_DEFAULT_TIMEOUT if unset else number(function.properties, "timeout")


RULE = StackRule(
    name="stack-run-outlasts-worker",
    description="A run's deadline is not before its worker's timeout, and the worker's margin is within it.",
    remediation="Set LONGRUN_RUN_TIMEOUT over the worker's timeout, and LONGRUN_DEADLINE_MARGIN well below it.",
    check=_check,
)
