"""The wiring diagram: configuration in, components, exports."""

from pathlib import Path

import pulumi

from components.agent_runtime import AgentRuntime
from components.container_image import ContainerImage
from components.data_bucket import DataBucket
from components.journal_table import JournalTable
from components.operations import Operations
from components.packaging import longrun_home
from components.polling_workflow import PollingWorkflow
from components.program import outputs
from components.program.packages import build_packages
from components.react_workflow import ReactWorkflow
from components.secret_store import SecretStore
from components.stack_config import Settings, TaskWiring
from components.streaming_lambda import StreamingLambda
from components.tool_task import ToolTask
from components.traced_function import TracedFunction

root = Path(__file__).resolve().parent
settings = Settings.read(root)
packages = build_packages(root, settings)
gateway, worker = packages["gateway"], packages["worker"]
agents = list(settings.agents)

journal = JournalTable("journal", {"retention_days": settings.run_retention_days, **settings.buckets})
secrets = SecretStore("secrets", settings.secrets)
data = DataBucket("data", {"path": str(root / settings.data_path), **settings.buckets})
keys = secrets.tracing_keys_ref
stored: TaskWiring = {
    "journal": journal.ref,
    "data": data.ref,
    "architecture": gateway["architecture"],
    "traces_keys": keys,
}
tools = AgentRuntime(
    "tools",
    settings.runtime_args(
        {
            "code": packages["agent"],
            "entry_point": ["tools_main.py"],
            "protocol": "MCP",
            "journal": journal.ref,
            "data": data.ref,
            "traces_keys": keys,
        }
    ),
)
servers, runtimes = list(settings.mcp_servers), {"analysis": tools.mcp_ref}
credentials = secrets.data_credentials_ref
tokens = settings.access.tokens(packages["authorizer"], secrets.signing_key_ref) if "authorizer" in packages else None
streaming = StreamingLambda(
    "streaming",
    settings.streaming_args(
        {
            "gateway": gateway,
            "worker": worker,
            "agents": agents,
            "journal": journal.ref,
            "data": data.ref,
            "model": settings.model,
            "mcp_servers": servers,
            "mcp_runtimes": runtimes,
            "data_credentials": credentials,
            "traces_keys": keys,
            "tokens": tokens,
        }
    ),
)
sockets = streaming.ref
analysts = AgentRuntime(
    "analysts",
    settings.runtime_args(
        {
            "journal": journal.ref,
            "data": data.ref,
            "model": settings.model,
            "mcp_servers": servers,
            "mcp_runtimes": runtimes,
            "data_credentials": credentials,
            "s3_code": tools.code_ref,
            "agents": settings.background_agents,
            "websocket": sockets,
            "traces_keys": keys,
        }
    ),
)
background = PollingWorkflow(
    "background",
    settings.workflow_args(
        {
            "code": gateway,
            "journal": journal.ref,
            "hosts": [analysts.ref],
            "pipelines": settings.pipeline_lists,
            "default_pipeline": settings.first_choice,
            "websocket": sockets,
            "traces_keys": keys,
        }
    ),
)
monitored = [part.monitoring for part in (journal, streaming, analysts, background)]
if settings.react.is_deployed:
    eda = ToolTask("eda", settings.task_args("eda", stored))
    causal = ToolTask("causal", settings.task_args("causal_analysis", stored))
    react = ReactWorkflow(
        "react",
        settings.react_args(
            {
                "journal": journal.ref,
                "data": data.ref,
                "model": settings.model,
                "mcp_servers": servers,
                "mcp_runtimes": runtimes,
                "data_credentials": credentials,
                "code": gateway,
                "worker": worker,
                "agents": agents,
                "tools": {"eda": eda.ref, "causal_analysis": causal.ref},
                "websocket": sockets,
                "traces_keys": keys,
            }
        ),
    )
    monitored.append(react.monitoring)
    outputs.export(outputs.of_workflow(react))
else:
    pulumi.log.info("The stack has no ReAct workflow: configuration longrun:toolImage is empty")

if settings.traced.is_deployed:
    traced = TracedFunction(
        "traced",
        settings.traced_args(
            {
                "journal": journal.ref,
                "data": data.ref,
                "model": settings.model,
                "mcp_servers": servers,
                "mcp_runtimes": runtimes,
                "data_credentials": credentials,
                "code": packages.get("traced", worker),
                "agent": settings.traced.traced_agent,
                "websocket": sockets,
                "traces_keys": keys,
            }
        ),
    )
    monitored.append(traced.monitoring)
    outputs.export(outputs.of_traced(traced))

if settings.stream.is_deployed:
    image = settings.stream.image(gateway["architecture"])
    if settings.stream.is_built:
        built = ContainerImage("stream-image", settings.stream.build_args(packages, longrun_home(root), settings.tags))
        image = built.ref
        pulumi.export("stream_bill_of_materials", built.bill_of_materials)
    stream = StreamingLambda(
        "stream",
        settings.stream_args(
            {
                "gateway": gateway,
                "image": image,
                "agents": agents,
                "journal": journal.ref,
                "data": data.ref,
                "model": settings.model,
                "mcp_servers": servers,
                "mcp_runtimes": runtimes,
                "data_credentials": credentials,
                "traces_keys": keys,
            }
        ),
    )
    monitored.append(stream.monitoring)
    outputs.export(outputs.of_stream(stream, settings.stream.stream_authorization))
if settings.operations:
    Operations("operations", settings.operations_args({"monitored": monitored}))

pulumi.export("monitored", monitored)
outputs.export(
    outputs.of_settings(settings),
    outputs.of_storage(journal, data, secrets),
    outputs.of_streaming(streaming),
    outputs.of_background(background, analysts, tools),
)
