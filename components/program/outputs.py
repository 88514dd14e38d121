"""The outputs of the stack, for clients and operators. Their names stay."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pulumi

if TYPE_CHECKING:
    from components.agent_runtime import AgentRuntime
    from components.data_bucket import DataBucket
    from components.journal_table import JournalTable
    from components.polling_workflow import PollingWorkflow
    from components.react_workflow import ReactWorkflow
    from components.secret_store import SecretStore
    from components.stack_config.settings import Settings
    from components.streaming_lambda import StreamingLambda
    from components.traced_function import TracedFunction


Outputs = Mapping[str, Any]


def export(*parts: Outputs) -> None:
    for name, value in (item for part in parts for item in part.items()):
        pulumi.export(name, value)


def of_settings(settings: "Settings") -> Outputs:
    """The settings that clients need."""
    return {
        "region": settings.region,
        "authorization": settings.authorization,
        "token_issuer": settings.access.issuer_name,
        "token_audience": settings.access.audience,
        "token_max_seconds": settings.access.max_seconds,
        "agents": list(settings.agents),
        "pipelines": settings.pipeline_lists,
        "default_pipeline": settings.first_choice,
        "model_id": settings.model_id,
    }


def of_storage(journal: "JournalTable", data: "DataBucket", secrets: "SecretStore") -> Outputs:
    return {
        "table_name": journal.table_name,
        "payload_bucket": journal.payload_bucket,
        "data_bucket": data.bucket_name,
        "signing_secret": secrets.signing_key_ref["name"],
    }


def of_streaming(streaming: "StreamingLambda") -> Outputs:
    """Of the form with a WebSocket."""
    return {
        "websocket_url": streaming.websocket_url,
        "worker_function": streaming.worker_function,
        "worker_log_group": streaming.worker_log_group,
        "gateway_function": streaming.gateway_function,
        "gateway_log_group": streaming.gateway_log_group,
        "authorizer_log_group": streaming.authorizer_log_group,
        "closer_log_group": streaming.dead_letter_log_group,
    }


def of_background(background: "PollingWorkflow", analysts: "AgentRuntime", tools: "AgentRuntime") -> Outputs:
    return {
        "event_bus": background.event_bus,
        "state_machine": background.state_machine,
        "event_door_log_group": background.start_log_group,
        "invoker_log_group": background.invoker_log_group,
        "workflow_closer_log_group": background.finalizer_log_group,
        "agent_runtime": analysts.arn,
        "agent_endpoint": analysts.endpoint,
        "agent_log_group": analysts.log_group,
        "tools_runtime": tools.arn,
    }


def of_workflow(react: "ReactWorkflow") -> Outputs:
    return {
        "workflow_state_machine": react.state_machine,
        "workflow_functions": react.functions,
        "workflow_log_groups": react.log_groups,
    }


def of_traced(traced: "TracedFunction") -> Outputs:
    return {
        "traced_url": traced.function_url,
        "traced_function": traced.function,
        "traced_log_group": traced.log_group,
    }


def of_stream(stream: "StreamingLambda", authorization: str) -> Outputs:
    """Of the form with a function URL, and how that authorizes its callers."""
    return {
        "stream_url": stream.stream_url,
        "stream_authorization": authorization,
        "stream_function": stream.stream_function,
        "stream_log_group": stream.worker_log_group,
        "stream_closer_log_group": stream.dead_letter_log_group,
    }
