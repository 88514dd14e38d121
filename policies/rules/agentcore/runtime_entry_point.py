"""What starts the code of a runtime: a file of its language, after at most one command."""

from collections.abc import Iterable, Sequence
from typing import Final

from policies.rules.agentcore.runtime import CODE, REJECTED, RUNTIMES, code_of
from policies.rules.aws_limits import AGENTCORE_ENTRY_POINT, AGENTCORE_ENTRY_WORD
from policies.rules.finding import Finding
from policies.rules.rule import Resource, ResourceRule
from policies.rules.values import text

PROPERTY: Final = f"{CODE}.entryPoints"


def _check(runtime: Resource) -> Iterable[Finding]:
    code = code_of(runtime)
    given = code.get("entryPoints")
    if not isinstance(given, list):
        return []
    words = [word for word in given if isinstance(word, str)]
    if len(words) != len(given):
        return []
    if not AGENTCORE_ENTRY_POINT.allows(len(words)):
        return [_finding(words, str(AGENTCORE_ENTRY_POINT))]
    if not all(AGENTCORE_ENTRY_WORD.allows(len(word)) for word in words):
        return [_finding(words, f"words of {AGENTCORE_ENTRY_WORD}")]
    # AgentCore knows other ends for Node, which nothing public lists.
    if (text(code, "runtime") or "").startswith("PYTHON_") and not words[-1].endswith(".py"):
        return [_finding(words, "a .py file, after at most one command like opentelemetry-instrument")]
    return []


def _finding(words: Sequence[str], allowed: str) -> Finding:
    return Finding(
        property=PROPERTY,
        value=repr(" ".join(words)[:80]),
        allowed=allowed,
        why=REJECTED,
        fix="Name the file at the zip's root that starts the server",
    )


RULE = ResourceRule(
    name="agentcore-runtime-entry-point",
    description="The code of an AgentCore runtime is started by a .py file, after at most one command.",
    remediation="Set entryPoints to the file at the zip's root, with opentelemetry-instrument before it at most.",
    types=RUNTIMES,
    check=_check,
)
