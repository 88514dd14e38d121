"""The rules of this folder, in the order in which they are listed to people."""

from typing import Final

from policies.rules.agentcore import (
    endpoint_logs,
    endpoint_name,
    endpoint_version,
    memory_expiry,
    runtime_artifact,
    runtime_authorizer,
    runtime_entry_point,
    runtime_environment,
    runtime_headers,
    runtime_image_arm64,
    runtime_image_pinned,
    runtime_image_registry,
    runtime_language,
    runtime_lifecycle,
    runtime_names,
    runtime_network,
    runtime_plain_secrets,
    runtime_protocol,
    runtime_role_trusted,
    runtime_traces_once,
)
from policies.rules.rule import ResourceRule, StackRule

RULES: Final[tuple[ResourceRule | StackRule, ...]] = (
    runtime_names.RULE,
    runtime_artifact.RULE,
    runtime_language.RULE,
    runtime_entry_point.RULE,
    runtime_image_registry.RULE,
    runtime_image_pinned.RULE,
    runtime_image_arm64.RULE,
    runtime_protocol.RULE,
    runtime_network.RULE,
    runtime_lifecycle.RULE,
    runtime_environment.RULE,
    runtime_plain_secrets.RULE,
    runtime_headers.RULE,
    runtime_authorizer.RULE,
    runtime_role_trusted.RULE,
    runtime_traces_once.RULE,
    endpoint_name.RULE,
    endpoint_version.RULE,
    endpoint_logs.RULE,
    memory_expiry.RULE,
)
