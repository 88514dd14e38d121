"""`longrun doctor`: checks this machine and advises how to fix what is missing."""

from collections.abc import Sequence

from rich.padding import Padding
from rich.text import Text

from cli.commands.doctor_checks import Check, all_checks
from cli.errors import FAILURE, SUCCESS
from cli.options import Json, State
from cli.output import Output
from sandbox.paths import default_state_dir

STYLES = {"ok": "green", "later": "cyan", "optional": "yellow", "missing": "bold red"}


def doctor(state: State = None, as_json: Json = False) -> int:
    """Check this machine: what is installed, what is missing, and how to fix it.

    Exit code 1 if something is missing that Longrun needs.
    """
    output = Output(as_json)
    with output.busy("checking this machine"):
        checks = all_checks(state or default_state_dir())
    missing = [check.name for check in checks if check.state == "missing"]
    output.document({"ok": not missing, "checks": [check.to_json() for check in checks]})
    _show(output, checks)
    output.line(f"missing: {', '.join(missing)}" if missing else "everything that Longrun needs is installed")
    return FAILURE if missing else SUCCESS


def _show(output: Output, checks: Sequence[Check]) -> None:
    for check in checks:
        head = Text.assemble((f"{check.state:<9}", STYLES[check.state]), (f"{check.name:<13}", "bold"), check.detail)
        output.console.print(head, soft_wrap=True)
        if check.advice:
            output.console.print(Padding(Text(check.advice, style="dim"), (0, 0, 0, 22), expand=False))
