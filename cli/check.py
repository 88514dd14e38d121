"""`longrun check`: the policy rules over what the program would deploy, without the Pulumi CLI or an account."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.padding import Padding
from rich.text import Text

from cli.errors import FAILURE, SUCCESS
from cli.options import Json, Setting, settings
from cli.output import Output, printable
from policies.catalogue import RULES
from policies.check import Registration, Violation, evaluate
from policies.rules.rule import Severity
from sandbox.paths import REPOSITORY
from sandbox.program import record
from sandbox.program_config import read_config

StackFile = Annotated[
    str, typer.Option("--stack", metavar="NAME", help="The stack whose configuration, Pulumi.NAME.yaml, is judged.")
]
STYLES = {Severity.MANDATORY: "bold red", Severity.ADVISORY: "yellow"}


def check(stack: StackFile = "dev", config: Setting = None, as_json: Json = False) -> int:
    """Hold the program's resources against the policy rules.

    Nothing is deployed. Exit code 1 if a mandatory rule is violated; advisory ones are only shown.
    """
    output = Output(as_json)
    given = settings(config or ())
    with output.busy(f"running the program with the configuration of stack {stack}"):
        region = read_config(REPOSITORY, stack, given).region
        resources = [_registration(resource) for resource in record(REPOSITORY, stack, given)]
        violations = evaluate(resources, region)
    broken = {violation.rule for violation in violations if violation.severity is Severity.MANDATORY}
    output.document(
        {
            "ok": not broken,
            "stack": stack,
            "region": region,
            "resources": len(resources),
            "rules": [rule.name for rule in RULES],
            "violations": [asdict(violation) for violation in violations],
        }
    )
    _show(output, violations)
    verdict = f"{len(violations)} violations" if violations else "no violation"
    output.line(f"{len(RULES)} rules over {len(resources)} resources of stack {stack} in {region}: {verdict}")
    return FAILURE if broken else SUCCESS


def _registration(resource: Mapping[str, Any]) -> Registration:
    return Registration(
        type=resource["type"],
        name=resource["name"],
        urn=resource["urn"],
        parent=resource["parent"],
        properties=resource["properties"],
        dependencies=resource["dependencies"],
    )


def _show(output: Output, violations: Sequence[Violation]) -> None:
    for violation in violations:
        output.console.print(
            Text.assemble((violation.severity.value, STYLES[violation.severity]), "  ", (violation.rule, "bold")),
        )
        output.console.print(Padding(Text(printable(violation.message)), (0, 0, 0, 4), expand=False))
