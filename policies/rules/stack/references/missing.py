"""Findings about a name for which the stack has no resource."""

from policies.rules.finding import Finding
from policies.rules.stack.references.kinds import Kind

LATE = "Nothing rejects it before the first call, which ends in ResourceNotFoundException"


def missing_finding(path: str, kind: Kind, name: str, why: str = LATE) -> Finding:
    article = "an" if kind.word[0] in "aeiouA" else "a"
    return Finding(
        property=path,
        value=f"the {kind.word} {name[:120]}, which the stack does not hold",
        allowed=f"{article} {kind.word} of the stack, or one that is declared external",
        why=why,
        fix="Use the resource's output, or declare it external by an exception with a reason",
    )
