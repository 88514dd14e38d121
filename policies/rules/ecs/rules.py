"""The rules of this folder, in the order in which they are listed to people."""

from typing import Final

from policies.rules.ecs import (
    containers_parse,
    run_task_awaited,
    run_task_network,
    run_task_overrides,
    run_task_token,
    task_architecture,
    task_container_sizes,
    task_essential,
    task_execution_role,
    task_fargate_features,
    task_image_pinned,
    task_limits,
    task_logs,
    task_network_mode,
    task_own_role,
    task_plain_secrets,
    task_read_only_root,
    task_size,
)
from policies.rules.rule import ResourceRule, StackRule

RULES: Final[tuple[ResourceRule | StackRule, ...]] = (
    containers_parse.RULE,
    task_size.RULE,
    task_network_mode.RULE,
    task_container_sizes.RULE,
    task_limits.RULE,
    task_essential.RULE,
    task_fargate_features.RULE,
    task_architecture.RULE,
    task_image_pinned.RULE,
    task_plain_secrets.RULE,
    task_read_only_root.RULE,
    task_logs.RULE,
    task_execution_role.RULE,
    task_own_role.RULE,
    run_task_token.RULE,
    run_task_overrides.RULE,
    run_task_network.RULE,
    run_task_awaited.RULE,
)
