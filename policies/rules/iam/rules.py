"""The rules of this folder, in the order in which they are listed to people."""

from typing import Final

from policies.rules.iam import (
    access_keys,
    action_patterns,
    actions_exist,
    actions_fit_resources,
    escalation,
    full_access,
    negated_elements,
    pass_role,
    policy_parses,
    policy_size,
    policy_version,
    resource_arns,
    resource_wildcard,
    service_wildcard,
    statement_complete,
    statement_elements,
    statement_ids,
    trust_accounts,
    trust_confused_deputy,
    trust_open,
    trust_services,
    user_policies,
)
from policies.rules.rule import ResourceRule, StackRule

RULES: Final[tuple[ResourceRule | StackRule, ...]] = (
    policy_parses.RULE,
    policy_version.RULE,
    policy_size.RULE,
    statement_elements.RULE,
    statement_complete.RULE,
    statement_ids.RULE,
    actions_exist.RULE,
    resource_arns.RULE,
    actions_fit_resources.RULE,
    service_wildcard.RULE,
    action_patterns.RULE,
    resource_wildcard.RULE,
    negated_elements.RULE,
    pass_role.RULE,
    escalation.RULE,
    full_access.RULE,
    trust_open.RULE,
    trust_accounts.RULE,
    trust_services.RULE,
    trust_confused_deputy.RULE,
    access_keys.RULE,
    user_policies.RULE,
)
