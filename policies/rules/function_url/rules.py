"""The rules of this folder, in the order in which they are listed to people."""

from typing import Final

from policies.rules.function_url import (
    adapter_mode,
    authorized,
    can_stream,
    cors_credentials,
    cors_methods,
    permission_auth,
    permission_form,
    permissions,
    qualifier,
    stream_in_vpc,
)
from policies.rules.rule import ResourceRule, StackRule

RULES: Final[tuple[ResourceRule | StackRule, ...]] = (
    authorized.RULE,
    permissions.RULE,
    permission_form.RULE,
    permission_auth.RULE,
    can_stream.RULE,
    adapter_mode.RULE,
    stream_in_vpc.RULE,
    cors_credentials.RULE,
    cors_methods.RULE,
    qualifier.RULE,
)
