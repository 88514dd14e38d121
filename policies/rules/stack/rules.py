"""The rules of this folder, in the order in which they are listed to people."""

from typing import Final

from policies.rules.rule import ResourceRule, StackRule
from policies.rules.stack import api_never_waits, region_alignment

RULES: Final[tuple[ResourceRule | StackRule, ...]] = (
    api_never_waits.RULE,
    region_alignment.RULE,
)
