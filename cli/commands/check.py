"""`longrun check`: checks a program's resources against the policy rules, without the Pulumi CLI or an account."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.padding import Padding
from rich.text import Text

from cli.commands.check_coverage import show
from cli.commands.check_program import Target, target
from cli.errors import FAILURE, SUCCESS, CliError
from cli.options import Json, Setting, settings
from cli.output import Output, printable, write_json
from policies.catalogue import RULES
from policies.check import Registration, Report, Violation, judge, prepare
from policies.configuration import Configuration, ConfigurationError, read_configuration
from policies.coverage import coverage
from policies.local_stack import ENDPOINTS
from policies.rules.rule import Severity
from policies.sarif import sarif
from sandbox.lifecycle.recorder import record_program


class Format(StrEnum):
    """The format of the violations."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"


Directory = Annotated[
    Path | None,
    typer.Option(
        "--directory",
        "-C",
        metavar="DIR",
        help="The folder of the program; default: the current one. Its Pulumi.yaml may also be in a folder above it.",
    ),
]
StackFile = Annotated[
    str | None,
    typer.Option(
        "--stack",
        metavar="NAME",
        help="The stack whose configuration, Pulumi.NAME.yaml, is checked; default: dev, or the only stack.",
    ),
]
ReportFormat = Annotated[
    Format | None,
    typer.Option(
        "--format", metavar="text|json|sarif", help="The format of the violations; json is the same as --json."
    ),
]
PolicyConfig = Annotated[
    Path | None,
    typer.Option(
        "--policy-config",
        metavar="FILE",
        help="Levels of rules, and exceptions with a reason; the same file as the engine's --policy-pack-config.",
    ),
]
ShowCoverage = Annotated[
    bool,
    typer.Option(
        "--coverage",
        metavar="",
        help="Check nothing: show how much the rules cover, in all and of this program's types.",
    ),
]
STYLES = {Severity.MANDATORY: "bold red", Severity.ADVISORY: "yellow"}


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The checked program and stack, the configuration of the rules, and their report. `notes` say what was assumed."""

    target: Target
    resources: int
    configuration: Configuration
    report: Report
    notes: tuple[str, ...]

    @property
    def has_violations(self) -> bool:
        return any(violation.severity is Severity.MANDATORY for violation in self.report.violations)

    @property
    def rules(self) -> list[str]:
        return [rule.name for rule in RULES if self.configuration.severity(rule) is not None]


def check(
    directory: Directory = None,
    stack: StackFile = None,
    config: Setting = None,
    policy_config: PolicyConfig = None,
    report_format: ReportFormat = None,
    show_coverage: ShowCoverage = False,
    as_json: Json = False,
) -> int:
    """Check the program's resources against the policy rules.

    The program is that of the current folder. Nothing is deployed. Exit code 1 if a mandatory rule is violated;
    advisory violations are only shown.
    """
    chosen = _format(report_format, as_json)
    output = Output(chosen is not Format.TEXT)
    given = settings(config or ())
    configuration = _configuration(policy_config)
    checked = target(directory, stack, given)
    region = checked.config.region
    with output.busy(f"running {checked.project.name} with the configuration of stack {checked.config.stack}"):
        prepare(region)
        recording = record_program(checked.project, checked.config)
        resources = [_registration(resource) for resource in recording.resources]
        if show_coverage:
            return _show_coverage(chosen, output, {resource["type"] for resource in resources})
        endpoints = checked.config.values.get(ENDPOINTS)
        folder, lookups = checked.project.folder, recording.lookups
        report = judge(resources, region, configuration, RULES, folder, endpoints, lookups)
        notes = (*checked.notes, *checked.config.notes, *recording.notes)
        result = CheckResult(checked, len(resources), configuration, report, notes)
    match chosen:
        case Format.TEXT:
            _show(output, result)
        case Format.JSON:
            write_json(_document(result))
        case Format.SARIF:
            properties = {"project": checked.project.name, "stack": checked.config.stack, "region": region}
            write_json(sarif(result.report, RULES, configuration, version("longrun"), properties))
    return FAILURE if result.has_violations else SUCCESS


def _format(given: Format | None, as_json: bool) -> Format:
    if as_json and given not in (None, Format.JSON):
        raise CliError("USAGE", f"--json and --format {given} contradict each other; give only one of them")
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
        provider=resource["provider"],
    )


def _document(result: CheckResult) -> dict[str, Any]:
    return {
        "ok": not result.has_violations,
        "project": result.target.project.name,
        "directory": str(result.target.project.root),
        "stack": result.target.config.stack,
        "region": result.target.config.region,
        "notes": list(result.notes),
        "resources": result.resources,
        "rules": result.rules,
        "violations": [asdict(violation) for violation in result.report.violations],
        "excused": [asdict(each.violation) | {"reason": each.reason} for each in result.report.suppressed],
        "unused_exceptions": [
            {"rule": rule, "resource": each.resource, "reason": each.reason} for rule, each in result.report.unused
        ],
    }


def _show_coverage(chosen: Format, output: Output, types: Collection[str]) -> int:
    if chosen is Format.SARIF:
        raise CliError("USAGE", "--coverage is not a report of violations; write it as text or json")
    found = coverage(types)
    if chosen is Format.JSON:
        write_json(asdict(found))
    else:
        show(output, found)
    return SUCCESS


def _show(output: Output, result: CheckResult) -> None:
    report = result.report
    for violation in report.violations:
        _show_violation(output, violation.severity.value, STYLES[violation.severity], violation)
    for each in report.suppressed:
        _show_violation(output, f"suppressed: {each.reason}", "dim", each.violation)
    for rule, exemption in report.unused:
        output.line(f"the exception from {rule} for '{exemption.resource}' suppresses nothing", "yellow")
    outcome = _counted(report.violations, "violation") + (
        f", {len(report.suppressed)} suppressed" if report.suppressed else ""
    )
    config = result.target.config
    for note in result.notes:
        output.line(note, "yellow")
    where = f"{result.resources} resources of {result.target.project.name}, stack {config.stack}, in {config.region}"
    output.line(f"{len(result.rules)} rules on {where}: {outcome}")


def _show_violation(output: Output, label: str, style: str, violation: Violation) -> None:
    output.console.print(Text.assemble((printable(label), style), "  ", (violation.rule, "bold")))
    output.console.print(Padding(Text(printable(violation.message)), (0, 0, 0, 4), expand=False))


def _counted(items: Sequence[object], name: str) -> str:
    if not items:
        return f"no {name}"
    return f"1 {name}" if len(items) == 1 else f"{len(items)} {name}s"
