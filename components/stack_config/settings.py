"""The stack's configuration as one typed, frozen object; what is wrong in it is refused with a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pulumi

from components.agent_runtime.args import DEFAULT_IDLE, DEFAULT_LIFETIME
from components.functions.platform import ARCHITECTURES, LOG_RETENTION_DAYS, RUNTIMES
from components.journal_table import RETENTION_LIMIT
from components.model_access import MODEL_PROVIDERS
from components.polling_workflow.args import AGENT_TIME, COMPLETIONS, DEFAULTS, HEARTBEAT, POLL, WORKFLOW_TIME
from components.stack_config.reader import ConfigReader
from components.stack_config.validators import (
    agent_problem,
    empty_problem,
    folder_problem,
    optional_url_problem,
    secret_problem,
    template_problem,
    url_problem,
)
from components.streaming_lambda.args import AUTHORIZATIONS, DEADLINE_MARGIN, THROTTLE
from components.validation import tag_problems
from policies.rules.aws_limits import AGENTCORE_SESSION, Range
from policies.rules.lambda_function.worker_memory import WORKER_MEMORY
from policies.rules.regions import is_region

NAMESPACE: Final = "longrun"
HOST: Final = "host"
DEFAULT_AGENTS: Final = ("data_analyst", "causal_analyst")
DEFAULT_PIPELINES: Final = {
    "analysis": ("explorer", "estimator", "reporter"),
    "data_analyst": ("data_analyst",),
}
PYTHON_VERSIONS: Final = tuple(runtime.removeprefix("python") for runtime in RUNTIMES)
RUN_RETENTION: Final = Range(1, RETENTION_LIMIT, "days", "")


@dataclass(frozen=True, slots=True)
class Settings:
    """What Pulumi.yaml declares under `config`, a field for each key, and the region of the AWS provider."""

    region: str
    agents: tuple[str, ...]
    model_provider: str
    model_id: str
    model_url: str
    model_secret_arn: str
    mcp_servers: tuple[str, ...]
    pipelines: Mapping[str, tuple[str, ...]]
    default_pipeline: str
    agent_timeout_seconds: int
    workflow_timeout_seconds: int
    heartbeat_limit_seconds: int
    poll_seconds: int
    poll_max_seconds: int
    completion: str
    session_idle_seconds: int
    session_lifetime_seconds: int
    traces_endpoint: str
    data_path: str
    architecture: str
    python_version: str
    worker_memory: int
    deadline_margin_seconds: int
    throttle_rate: int
    throttle_burst: int
    authorization: str
    websocket_url: str
    log_retention_days: int
    run_retention_days: int
    retain_data: bool
    tags: Mapping[str, str]

    @property
    def agentcore_architecture(self) -> str:
        """AgentCore has arm64 only; the sandbox has this machine's own CPU."""
        return HOST if self.architecture == HOST else "arm64"

    @property
    def background_agents(self) -> tuple[str, ...]:
        """The agents that pipelines name, each once."""
        return tuple(dict.fromkeys(agent for agents in self.pipelines.values() for agent in agents))

    @property
    def first_choice(self) -> str:
        """The pipeline of an event that names none."""
        # The engine keeps no order of an object's keys.
        return self.default_pipeline or min(self.pipelines)

    @classmethod
    def read(cls, root: Path) -> "Settings":
        """The present stack's settings. `root` is the project's folder, in which agents and data are looked for.

        Raises SettingsError with everything that is wrong: unknown keys, wrong types, values out of range.
        """
        reader = ConfigReader(NAMESPACE)
        settings = cls(
            region=_region(reader),
            agents=reader.texts("agents", DEFAULT_AGENTS, lambda name: agent_problem(root, name)),
            model_provider=reader.choice("modelProvider", "bedrock", MODEL_PROVIDERS),
            model_id=reader.text("modelId", "us.anthropic.claude-sonnet-4-6", empty_problem),
            model_url=reader.text("modelUrl", "", optional_url_problem),
            model_secret_arn=reader.text("modelSecretArn", "", secret_problem, hidden=True),
            mcp_servers=reader.texts("mcpServers", [], url_problem),
            pipelines=reader.lists("pipelines", DEFAULT_PIPELINES, lambda name: agent_problem(root, name)),
            default_pipeline=reader.text("defaultPipeline", "", lambda _: ""),
            agent_timeout_seconds=reader.integer("agentTimeoutSeconds", DEFAULTS.agent, AGENT_TIME),
            workflow_timeout_seconds=reader.integer("workflowTimeoutSeconds", DEFAULTS.workflow, WORKFLOW_TIME),
            heartbeat_limit_seconds=reader.integer("heartbeatLimitSeconds", DEFAULTS.heartbeat, HEARTBEAT),
            poll_seconds=reader.integer("pollSeconds", DEFAULTS.poll, POLL),
            poll_max_seconds=reader.integer("pollMaxSeconds", DEFAULTS.poll_max, POLL),
            completion=reader.choice("completion", "poll", COMPLETIONS),
            session_idle_seconds=reader.integer("sessionIdleSeconds", DEFAULT_IDLE, AGENTCORE_SESSION),
            session_lifetime_seconds=reader.integer("sessionLifetimeSeconds", DEFAULT_LIFETIME, AGENTCORE_SESSION),
            traces_endpoint=reader.text("tracesEndpoint", "", optional_url_problem),
            data_path=reader.text("dataPath", "data", lambda path: folder_problem(root, path)),
            architecture=reader.choice("architecture", "arm64", [*ARCHITECTURES, HOST]),
            python_version=reader.choice("pythonVersion", "3.13", [*PYTHON_VERSIONS, HOST]),
            worker_memory=reader.integer("workerMemory", WORKER_MEMORY.minimum, WORKER_MEMORY),
            deadline_margin_seconds=reader.integer("deadlineMarginSeconds", 30, DEADLINE_MARGIN),
            throttle_rate=reader.integer("throttleRate", 500, THROTTLE),
            throttle_burst=reader.integer("throttleBurst", 1_000, THROTTLE),
            authorization=reader.choice("authorization", "AWS_IAM", AUTHORIZATIONS),
            websocket_url=reader.text("websocketUrl", "", template_problem),
            log_retention_days=reader.integer("logRetentionDays", 14, LOG_RETENTION_DAYS),
            run_retention_days=reader.integer("runRetentionDays", 30, RUN_RETENTION),
            retain_data=reader.flag("retainData", default=False),
            tags=reader.mapping("tags"),
        )
        return _finished(settings, reader)


def _region(reader: ConfigReader) -> str:
    region = pulumi.Config("aws").get("region")
    if not region:
        reader.reject("configuration aws:region is not set; run: pulumi config set aws:region us-east-1")
    elif not is_region(region):
        reader.reject(f"configuration aws:region is {region!r}, which is no AWS region; write it as in us-east-1")
    return region or ""


def _finished(settings: Settings, reader: ConfigReader) -> Settings:
    """Raises SettingsError for what was wrong with single values, and for what is with all together."""
    if not settings.agents:
        reader.reject("configuration longrun:agents is empty; name at least one module of agents/")
    if not settings.pipelines:
        reader.reject("configuration longrun:pipelines is empty; name at least one, and the agents that work in turn")
    elif settings.first_choice not in settings.pipelines:
        known = ", ".join(settings.pipelines)
        reader.reject(f"configuration longrun:defaultPipeline is '{settings.default_pipeline}'; allowed: {known}")
    for problem in tag_problems(settings.tags):
        reader.reject(f"configuration longrun:{problem}")
    reader.finish()
    return settings
