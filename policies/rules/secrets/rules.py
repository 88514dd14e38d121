"""The rules of this folder, in the order in which they are listed to people."""

from typing import Final

from policies.rules.rule import ResourceRule, StackRule
from policies.rules.secrets import (
    name_suffix,
    parameter_secure,
    recoverable,
    recovery_window,
    rotation,
    rotation_schedule,
    secret_name,
    secret_policy,
    shared_key,
    value_fits,
    value_outside,
)

RULES: Final[tuple[ResourceRule | StackRule, ...]] = (
    secret_name.RULE,
    name_suffix.RULE,
    value_outside.RULE,
    value_fits.RULE,
    secret_policy.RULE,
    shared_key.RULE,
    recovery_window.RULE,
    recoverable.RULE,
    rotation.RULE,
    rotation_schedule.RULE,
    parameter_secure.RULE,
)
