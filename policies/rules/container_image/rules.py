"""The rules of this folder, in the order in which they are listed to people."""

from typing import Final

from policies.rules.container_image import (
    attestations,
    lifecycle,
    lifecycle_rules,
    platform_of_function,
    platform_stated,
    pushed,
    repository_public,
    repository_scanned,
    tags_immutable,
)
from policies.rules.rule import ResourceRule, StackRule

RULES: Final[tuple[ResourceRule | StackRule, ...]] = (
    platform_stated.RULE,
    platform_of_function.RULE,
    pushed.RULE,
    attestations.RULE,
    repository_public.RULE,
    repository_scanned.RULE,
    tags_immutable.RULE,
    lifecycle.RULE,
    lifecycle_rules.RULE,
)
