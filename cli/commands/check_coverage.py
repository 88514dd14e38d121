"""`longrun check --coverage`: a table of what the policy rules cover."""

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
    mapped.add_row("types of the program", *_counts(found.program))
    mapped.add_row("all mapped types", *_counts(found.everything))
    output.console.print(by_hand)
    output.line("")
    output.console.print(mapped)
    if found.unmapped:
        output.line(f"not mapped to CloudFormation: {', '.join(found.unmapped)}")
    if found.everything.published is None:
        output.line("cdk-preflight is not installed, so its published rules are not counted", "yellow")


def _counts(known: Known) -> tuple[str, ...]:
    counts = (known.types, known.properties, known.total, known.published)
    return tuple("-" if count is None else f"{count:,}" for count in counts)
