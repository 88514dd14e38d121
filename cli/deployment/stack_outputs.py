"""Reads a stack's outputs through the Pulumi CLI."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from typing import Any

from cli.errors import CliError, one_line
from sandbox.paths import REPOSITORY

TIMEOUT_SECONDS = 120


def stack_outputs(stack: str) -> Mapping[str, Any]:
    """The outputs of the stack. CliError if the Pulumi CLI, the stack or its outputs are missing."""
    pulumi = shutil.which("pulumi")
    if pulumi is None:
        raise CliError(
            "NO_PULUMI",
            "--stack needs the Pulumi CLI, which is not on the PATH; "
            "install it (https://www.pulumi.com/docs/install/) or give the address with --url wss://…",
        )
    command = (pulumi, "stack", "output", "--json", "--non-interactive", "--stack", stack)
    try:
        done = subprocess.run(  # noqa: S603  the stack's name is one argument, without a shell
            command, cwd=REPOSITORY, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise CliError(
            "STACK_UNREADABLE", f"'pulumi stack output' of stack '{stack}' did not finish within {TIMEOUT_SECONDS} s"
        ) from error
    if done.returncode != 0:
        reason = one_line(done.stderr).removeprefix("error: ") or f"exit code {done.returncode}"
        raise CliError(
            "STACK_UNREADABLE",
            f"the outputs of stack '{stack}' cannot be read: {reason}; "
            f"'pulumi stack ls' lists the stacks of {REPOSITORY}",
        )
    return _outputs(stack, done.stdout)


def _outputs(stack: str, text: str) -> Mapping[str, Any]:
    try:
        outputs = json.loads(text)
    except ValueError:
        outputs = None
    if not isinstance(outputs, dict):
        raise CliError("STACK_UNREADABLE", f"'pulumi stack output' of stack '{stack}' did not write a JSON object")
    if not outputs.get("websocket_url"):
        raise CliError(
            "STACK_UNREADABLE",
            f"stack '{stack}' has no output 'websocket_url'; deploy it with 'pulumi up --stack {stack}'",
        )
    return outputs
