"""A runtime does not send a trace of its own for each look at its health."""

from collections.abc import Iterable
from typing import Final

from policies.rules.agentcore.runtime import RUNTIMES, code_of
from policies.rules.agentcore.runtime_environment import PROPERTY
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule, Severity
from policies.rules.values import UNKNOWN, mapping, members

INSTRUMENT: Final = "opentelemetry-instrument"
OFF: Final = "DISABLE_ADOT_OBSERVABILITY"
_OWN: Final = ("LANGFUSE_", "OTEL_EXPORTER_OTLP_")


def _check(runtime: Resource) -> Iterable[Finding]:
    variables = mapping(runtime.properties, PROPERTY)
    own = next((name for name in variables if name.startswith(_OWN)), None)
    if own is None or INSTRUMENT not in members(code_of(runtime), "entryPoints"):
        return []
    off = variables.get(OFF)
    if off is UNKNOWN or (isinstance(off, str) and off.lower() == "true"):
        return []
    return [
        Finding(
            property=f"{PROPERTY}.{OFF}",
            value="unset" if off is None else repr(off),
            allowed=f"true beside {own}, or no {INSTRUMENT}",
            why="AWS's instrumentation traces each request to /ping, every 2 s, and each chunk of a stream",
            fix=f"Start plain Python, and set {OFF} to true where traces go elsewhere",
        )
    ]


RULE = ResourceRule(
    name="agentcore-runtime-traces-once",
    description="A runtime that sends its own traces elsewhere is not instrumented by AWS's distribution as well.",
    remediation="Leave opentelemetry-instrument out, or set DISABLE_ADOT_OBSERVABILITY to true.",
    severity=Severity.ADVISORY,
    types=RUNTIMES,
    check=_check,
)
