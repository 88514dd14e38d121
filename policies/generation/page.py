"""`make docs`: writes docs/policies.md from the rules, their cases and page_template.md. Development time only."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from policies.catalogue import FAMILIES, HAND_WRITTEN, RULES, Family
from policies.check import findings, stack_of
from policies.coverage import Known, coverage
from policies.generation.cases import cases, stack
from policies.generation.regressions import REGRESSIONS
from policies.rules.lambda_function.functions.function import FUNCTION, WORKER_HANDLER
from policies.rules.lambda_function.timeout import streaming_finding
from policies.rules.rule import ResourceRule, Rule, Severity, StackRule

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "policies.md"
TEMPLATE: Final = Path(__file__).with_name("page_template.md")
HEADINGS: Final = ("rule", "what it demands", "why", "how to satisfy it")
ADVISORY: Final = "(advisory) "
PUBLISHED_WHY: Final = "The deployment fails late; the message names the schema or rule of AWS."


def page() -> str:
    """The text of the page."""
    generated = [rule for rule in RULES if rule not in HAND_WRITTEN]
    sections = [_section(family) for family in (*FAMILIES, Family("AWS's published constraints", "", tuple(generated)))]
    parts = {
        "{message}": _message(),
        "{worker_handler}": WORKER_HANDLER,
        "{rules}": "\n\n".join(section for section in sections if section),
        "{coverage}": _coverage(),
        "{regressions}": _table(("failure", "account", "rule", "test"), _regressions()),
    }
    text = TEMPLATE.read_text(encoding="utf-8")
    for name, part in parts.items():
        text = text.replace(name, part)
    return text


def _message() -> str:
    """Returns a violation's message, as an example."""
    finding = streaming_finding(300)
    return "" if finding is None else finding.message(FUNCTION, "streaming-worker").replace(". ", ".\n", 1)


def _section(family: Family) -> str:
    rows = [(f"`{rule.name}`", _level(rule) + rule.description, _why(rule), rule.remediation) for rule in family.rules]
    return f"### {family.title}\n\n{_table(HEADINGS, rows)}" if rows else ""


def _level(rule: Rule) -> str:
    return ADVISORY if rule.severity is Severity.ADVISORY else ""


def _why(rule: ResourceRule | StackRule) -> str:
    """Returns the reason that the rule gives for its first violating case."""
    if rule not in HAND_WRITTEN:
        return PUBLISHED_WHY
    for change in cases().get(rule.name, {}).get("violating", {}).values():
        for _, finding in findings(rule, stack_of(stack(rule.name, change))):
            return f"{finding.why}."
    return ""


def _coverage() -> str:
    present = {resource["type"] for name in cases() for resource in stack(name)}
    known = coverage(present)
    rows = [
        ("every type that has a place in CloudFormation", *_numbers(known.everything)),
        ("the types that rules were written for by hand", *_numbers(known.program)),
    ]
    return _table(("resource types", "types", "properties", "constraints of schemas", "published rules"), rows)


def _numbers(known: Known) -> tuple[str, ...]:
    numbers = (known.types, known.properties, known.total, known.published)
    return tuple("" if number is None else f"{number:,}" for number in numbers)


def _regressions() -> Iterator[Sequence[str]]:
    folders = {rule.name: family.folder for family in FAMILIES for rule in family.rules}
    for regression in REGRESSIONS:
        path = f"tests/policies/cases/{folders[regression.rule]}/{regression.rule}.json"
        yield regression.failure, regression.document, f"`{regression.rule}`", f"[{regression.case}](../{path})"


def _table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def main() -> None:
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}: {len(RULES)} rules\n")


if __name__ == "__main__":
    main()
