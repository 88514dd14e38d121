"""`longrun check --coverage`: how much the policy rules know, for people."""

from rich.table import Table

from cli.output import Output
from policies.coverage import Coverage, Known

KNOWN = ("types", "properties", "constraints of schemas", "published rules")


def show(output: Output, found: Coverage) -> None:
    by_hand = Table("rules by hand", "", box=None, pad_edge=False)
    for title, count in found.families.items():
        by_hand.add_row(title, f"{count:,}")
    by_hand.add_row("all", f"{sum(found.families.values()):,}", style="bold")
    mapped = Table("AWS's own", *KNOWN, box=None, pad_edge=False)
    mapped.add_row("types of the program", *_figures(found.program))
    mapped.add_row("all mapped types", *_figures(found.everything))
    output.console.print(by_hand)
    output.line("")
    output.console.print(mapped)
    if found.unmapped:
        output.line(f"without a place in CloudFormation: {', '.join(found.unmapped)}")
    if found.everything.published is None:
        output.line("cdk-preflight is not installed, so that its published rules are not counted", "yellow")


def _figures(known: Known) -> tuple[str, ...]:
    figures = (known.types, known.properties, known.total, known.published)
    return tuple("-" if figure is None else f"{figure:,}" for figure in figures)
