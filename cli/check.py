"""`longrun check`: the policy rules over what the program would deploy, without the Pulumi CLI or an account."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.padding import Padding
from rich.text import Text

from cli.coverage import show
from cli.errors import FAILURE, SUCCESS, CliError
from cli.options import Json, Setting, settings
from cli.output import Output, printable, write_json
from policies.catalogue import RULES
from policies.check import Registration, Report, Violation, judge, prepare
from policies.configuration import Configuration, ConfigurationError, read_configuration
from policies.coverage import coverage
from policies.rules.rule import Severity
from policies.sarif import sarif
from sandbox.paths import REPOSITORY
from sandbox.program import record
from sandbox.program_config import read_config


class Format(StrEnum):
    """How the violations are written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


StackFile = Annotated[
    str, typer.Option("--stack", metavar="NAME", help="The stack whose configuration, Pulumi.NAME.yaml, is judged.")
]
ReportFormat = Annotated[
    Format | None,
    typer.Option("--format", metavar="text|json|sarif", help="How violations are written; json is the same as --json."),
]
PolicyConfig = Annotated[
    Path | None,
    typer.Option(
        "--policy-config",
        metavar="FILE",
        help="Levels of rules, and exceptions with a reason; what the engine takes as --policy-pack-config.",
    ),
]
ShowCoverage = Annotated[
    bool,
    typer.Option(
        "--coverage", metavar="", help="Judge nothing: tell how much the rules know, and of this program's types."
    ),
]
STYLES = {Severity.MANDATORY: "bold red", Severity.ADVISORY: "yellow"}


@dataclass(frozen=True, slots=True)
class Judged:
    """What was judged, by which configuration, and what came of it."""

    stack: str
    region: str
    resources: int
    configuration: Configuration
    report: Report

    @property
    def broken(self) -> bool:
        return any(violation.severity is Severity.MANDATORY for violation in self.report.violations)

    @property
    def rules(self) -> list[str]:
        return [rule.name for rule in RULES if self.configuration.severity(rule) is not None]


def check(
    stack: StackFile = "dev",
    config: Setting = None,
    policy_config: PolicyConfig = None,
    report_format: ReportFormat = None,
    show_coverage: ShowCoverage = False,
    as_json: Json = False,
) -> int:
    """Hold the program's resources against the policy rules.

    Nothing is deployed. Exit code 1 if a mandatory rule is violated; advisory ones are only shown.
    """
    written = _format(report_format, as_json)
    output = Output(written is not Format.TEXT)
    given = settings(config or ())
    configuration = _configuration(policy_config)
    with output.busy(f"running the program with the configuration of stack {stack}"):
        region = read_config(REPOSITORY, stack, given).region
        prepare(region)
        resources = [_registration(resource) for resource in record(REPOSITORY, stack, given)]
        if show_coverage:
            return _tell_coverage(written, output, {resource["type"] for resource in resources})
        judged = Judged(stack, region, len(resources), configuration, judge(resources, region, configuration, RULES))
    match written:
        case Format.TEXT:
            _show(output, judged)
        case Format.JSON:
            write_json(_document(judged))
        case Format.SARIF:
            properties = {"stack": stack, "region": region}
            write_json(sarif(judged.report, RULES, configuration, version("longrun"), properties))
    return FAILURE if judged.broken else SUCCESS


def _format(given: Format | None, as_json: bool) -> Format:
    if as_json and given not in (None, Format.JSON):
        raise CliError("USAGE", f"--json and --format {given} contradict each other; give one of them")
    return Format.JSON if as_json else given or Format.TEXT


def _configuration(path: Path | None) -> Configuration:
    try:
        return read_configuration(path, RULES) if path else Configuration()
    except ConfigurationError as error:
        raise CliError("INVALID_CONFIG", str(error)) from None


def _registration(resource: Mapping[str, Any]) -> Registration:
    return Registration(
        type=resource["type"],
        name=resource["name"],
        urn=resource["urn"],
        parent=resource["parent"],
        properties=resource["properties"],
        dependencies=resource["dependencies"],
    )


def _document(judged: Judged) -> dict[str, Any]:
    return {
        "ok": not judged.broken,
        "stack": judged.stack,
        "region": judged.region,
        "resources": judged.resources,
        "rules": judged.rules,
        "violations": [asdict(violation) for violation in judged.report.violations],
        "excused": [asdict(each.violation) | {"reason": each.reason} for each in judged.report.excused],
        "unused_exceptions": [
            {"rule": rule, "resource": each.resource, "reason": each.reason} for rule, each in judged.report.unused
        ],
    }


def _tell_coverage(written: Format, output: Output, types: Collection[str]) -> int:
    if written is Format.SARIF:
        raise CliError("USAGE", "--coverage is no report of violations; write it as text or json")
    found = coverage(types)
    if written is Format.JSON:
        write_json(asdict(found))
    else:
        show(output, found)
    return SUCCESS


def _show(output: Output, judged: Judged) -> None:
    report = judged.report
    for violation in report.violations:
        _show_violation(output, violation.severity.value, STYLES[violation.severity], violation)
    for each in report.excused:
        _show_violation(output, f"excused: {each.reason}", "dim", each.violation)
    for rule, exemption in report.unused:
        output.line(f"the exception from {rule} for '{exemption.resource}' excuses nothing", "yellow")
    verdict = _counted(report.violations, "violation") + (f", {len(report.excused)} excused" if report.excused else "")
    where = f"{judged.resources} resources of stack {judged.stack} in {judged.region}"
    output.line(f"{len(judged.rules)} rules over {where}: {verdict}")


def _show_violation(output: Output, label: str, style: str, violation: Violation) -> None:
    output.console.print(Text.assemble((printable(label), style), "  ", (violation.rule, "bold")))
    output.console.print(Padding(Text(printable(violation.message)), (0, 0, 0, 4), expand=False))


def _counted(items: Sequence[object], name: str) -> str:
    if not items:
        return f"no {name}"
    return f"1 {name}" if len(items) == 1 else f"{len(items)} {name}s"
