"""Installs the replacements in MiniStack's modules."""

from types import ModuleType

from sandbox.emulator_process.control_plane import agent_runtimes, event_rules, function_policies, gateway_apis


def install(apigateway: ModuleType, agentcore: ModuleType, eventbridge: ModuleType, lambda_svc: ModuleType) -> None:
    """Replaces functions of four services. Raises ValueError for an unknown version of one."""
    gateway_apis.install(apigateway)
    agent_runtimes.install(agentcore)
    event_rules.install(eventbridge)
    function_policies.install(lambda_svc)
