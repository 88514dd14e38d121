"""The rules of this folder, in the order in which they are listed to people."""

from typing import Final

from policies.rules.dynamodb import (
    attributes,
    capacity,
    deletion_protection,
    encryption,
    local_index,
    recovery,
    scaling,
    stream,
    stream_readers,
    ttl,
    ttl_attribute,
)
from policies.rules.rule import ResourceRule, StackRule

RULES: Final[tuple[ResourceRule | StackRule, ...]] = (
    attributes.RULE,
    capacity.RULE,
    scaling.RULE,
    ttl.RULE,
    ttl_attribute.RULE,
    recovery.RULE,
    encryption.RULE,
    stream.RULE,
    stream_readers.RULE,
    deletion_protection.RULE,
    local_index.RULE,
)
