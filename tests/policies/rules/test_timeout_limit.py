"""The longest timeout of a Lambda function: one number in the table, from which all else follows."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from policies.rules.aws_limits import LAMBDA_TIMEOUT

ROOT = Path(__file__).parents[3]
TABLE = ROOT / "policies" / "rules" / "aws_limits"
FOLDERS = ("policies", "components", "contract", "runtime")

OTHER_MEANINGS = {
    "components/agent_runtime/args.py": "AgentCore's default for an idle session",
    "components/operations/alarms.py": "how old a message may be that nobody has read",
    "components/polling_workflow/args.py": "the longest heartbeat limit of a workflow",
    "runtime/environment.py": "how long a run may take when no limit is configured",
    "runtime/gateway/file_links.py": "how long a link to a file is valid",
    "runtime/engine/mcp/runtimes.py": "how long an MCP server may take for an answer",
    "runtime/react/send_prompt.py": "how long a run may take at least after an answer",
}
"""Modules whose 900 seconds have nothing to do with a function's timeout."""

RAISED = 1_800

IN_A_TABLE_WITH_ANOTHER_LIMIT = f"""
from policies.rules import aws_limits
from policies.rules.aws_limits import lambda_functions

raised = aws_limits.Range(1, {RAISED}, "seconds", aws_limits.LAMBDA_TIMEOUT.source)
aws_limits.LAMBDA_TIMEOUT = lambda_functions.LAMBDA_TIMEOUT = raised

from policies.catalogue import HAND_WRITTEN
from policies.rules.lambda_function.timeout import timeout_problems

for rule in HAND_WRITTEN:
    if rule.name in ("lambda-function-timeout", "lambda-function-worker-timeout"):
        print(rule.description, rule.remediation)
print(*timeout_problems({RAISED}, streams=True), "accepted")
print(*timeout_problems({RAISED} + 1))
print(*timeout_problems(None, streams=True))
"""


def spelled(module: Path) -> Iterator[int]:
    """The lines of a module on which the limit stands, as a number or in a text that is no docstring."""
    tree = ast.parse(module.read_text())
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and not isinstance(node.value, bool) and id(node) not in docstrings:
            is_text = isinstance(node.value, str) and re.search(rf"\b{LAMBDA_TIMEOUT.maximum}\b", node.value)
            if is_text or node.value == LAMBDA_TIMEOUT.maximum:
                yield node.lineno


def test_no_other_module_spells_the_limit() -> None:
    modules = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py") if TABLE not in path.parents]
    found = {str(path.relative_to(ROOT)): lines for path in modules if (lines := list(spelled(path)))}

    assert modules
    assert not {name: lines for name, lines in found.items() if name not in OTHER_MEANINGS}


def test_rules_and_messages_follow_the_table() -> None:
    command = [sys.executable, "-c", IN_A_TABLE_WITH_ANOTHER_LIMIT]
    ordinary, streaming, accepted, rejected, unset = subprocess.run(  # noqa: S603
        command, cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()

    assert ordinary.startswith("A Lambda function runs 1 to 1,800 seconds. Set timeout to 1800 at most")
    assert streaming.endswith("has the full 1800 seconds. Set timeout=1800 on the worker.")
    assert accepted == "accepted"
    assert "timeout is 1,801; allowed: 1 to 1,800 seconds" in rejected
    assert "allowed: 1800 seconds" in unset
    assert unset.endswith("Set timeout to 1800.")
