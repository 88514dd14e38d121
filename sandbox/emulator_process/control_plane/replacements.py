"""Installs the replacements in MiniStack's modules."""

from importlib import import_module

from sandbox.emulator_process.control_plane import (
    agent_runtimes,
    event_rules,
    function_policies,
    gateway_apis,
    log_events,
)


def install() -> None:
    """Replaces functions of five services, which it imports. Raises ValueError for an unknown version of one."""
    parts = {
        "apigateway": gateway_apis,
        "bedrock_agentcore": agent_runtimes,
        "cloudwatch_logs": log_events,
        "eventbridge": event_rules,
        "lambda_svc": function_policies,
    }
    for name, part in parts.items():
        part.install(import_module(f"ministack.services.{name}"))
