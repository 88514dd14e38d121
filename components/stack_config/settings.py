"""The stack's configuration as one typed, frozen object; problems are reported before anything is built."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pulumi

from components.addresses import mcp_url_problem, shown, traces_url_problem
from components.agent_runtime import AgentRuntimeArgs
from components.default_model import model_warning
from components.functions.platform import ARCHITECTURES, RUNTIMES
from components.model_access import ModelArgs
from components.operations.args import OperationsArgs, action_problem
from components.polling_workflow.args import COMPLETIONS, PollingWorkflowArgs, pipeline_problems
from components.react_workflow.args import ReactWorkflowArgs
from components.refs import JournalRef
from components.secret_store import SecretStoreArgs
from components.stack_config.access import AccessSettings, read_access
from components.stack_config.combinations import combination_problems, future_host
from components.stack_config.model_settings import read_model, read_region
from components.stack_config.options import BucketOptions, LoggedOptions
from components.stack_config.parts import read_parts
from components.stack_config.ranges import RANGES
from components.stack_config.react_settings import ReactSettings, TaskWiring
from components.stack_config.reader import ConfigReader
from components.stack_config.stream_settings import StreamSettings
from components.stack_config.traced_settings import TracedSettings
from components.stack_config.validators import agent_problem, folder_problem
from components.streaming_lambda.args import StreamingLambdaArgs
from components.tags import tag_problems
from components.tool_task.args import ToolTaskArgs
from components.traced_function.args import TracedFunctionArgs
from policies.rules.aws_limits import LOG_RETENTION_DAYS
from policies.rules.lambda_function.functions.function import ROLE_TAG

NAMESPACE: Final = "longrun"
HOST: Final = "host"
PYTHON_VERSIONS: Final = tuple(runtime.removeprefix("python") for runtime in RUNTIMES)


@dataclass(frozen=True, slots=True)
class Settings:
    """The keys that Pulumi.yaml declares under `config`, and the region of the AWS provider.

    `…_args` complete the wiring of a component."""

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
    question_timeout_seconds: int
    throttle_rate: int
    throttle_burst: int
    authorization: str
    token_issuer: str
    token_audience: str
    token_max_seconds: int
    secret_prefix: str
    websocket_url: str
    log_retention_days: int
    run_retention_days: int
    retain_data: bool
    react: ReactSettings
    traced: TracedSettings
    stream: StreamSettings
    operations: bool
    alarm_actions: tuple[str, ...]
    tags: Mapping[str, str]

    @property
    def agentcore_architecture(self) -> str:
        """AgentCore has arm64 only; the sandbox has this machine's own CPU."""
        return HOST if self.architecture == HOST else "arm64"

    @property
    def pipeline_lists(self) -> dict[str, list[str]]:
        return {name: list(agents) for name, agents in self.pipelines.items()}

    @property
    def background_agents(self) -> list[str]:
        """The agents that pipelines name, each once."""
        return list(dict.fromkeys(agent for agents in self.pipelines.values() for agent in agents))

    @property
    def first_choice(self) -> str:
        """The pipeline of an event that names none."""
        # The engine does not keep the order of an object's keys.
        return self.default_pipeline or min(self.pipelines)

    @property
    def model(self) -> ModelArgs:
        return {
            "provider": self.model_provider,
            "model_id": self.model_id,
            "url": self.model_url,
            "secret_arn": self.model_secret_arn,
            "secret_name": self.access.model_secret if self.model_provider == "openai" else "",
        }

    @property
    def buckets(self) -> BucketOptions:
        return {"retain": self.retain_data, "tags": dict(self.tags)}

    @property
    def logged(self) -> LoggedOptions:
        return {"log_retention_days": self.log_retention_days, "tags": dict(self.tags)}

    @property
    def access(self) -> AccessSettings:
        return AccessSettings.of(self.secret_prefix, self.token_issuer, self.token_audience, self.token_max_seconds)

    @property
    def secrets(self) -> SecretStoreArgs:
        return {"prefix": self.access.secret_prefix, "retain": self.retain_data, "tags": dict(self.tags)}

    def streaming_args(self, wiring: StreamingLambdaArgs) -> StreamingLambdaArgs:
        """The wiring with the numbers and choices of this stack."""
        return {
            **self._worker_args(wiring),
            "throttle_rate": self.throttle_rate,
            "throttle_burst": self.throttle_burst,
            "authorization": self.authorization,
            "websocket_url": self.websocket_url,
            **self.react.gateway,
        }

    def stream_args(self, wiring: StreamingLambdaArgs) -> StreamingLambdaArgs:
        """The wiring of the streaming endpoint with the numbers and choices of this stack."""
        return self.stream.args(self._worker_args(wiring), self.traced.function_url)

    def _worker_args(self, wiring: StreamingLambdaArgs) -> StreamingLambdaArgs:
        """With what all workers have."""
        return {
            **wiring,
            "worker_memory": self.worker_memory,
            "deadline_margin": self.deadline_margin_seconds,
            "question_timeout": self.question_timeout_seconds,
            "traces_endpoint": self.traces_endpoint,
            **self.logged,
        }

    def runtime_args(self, wiring: AgentRuntimeArgs) -> AgentRuntimeArgs:
        """The wiring with the numbers and choices of this stack."""
        return {
            **wiring,
            "question_timeout": self.question_timeout_seconds,
            "idle_seconds": self.session_idle_seconds,
            "lifetime_seconds": self.session_lifetime_seconds,
            "traces_endpoint": self.traces_endpoint,
            **self.logged,
        }

    def workflow_args(self, wiring: PollingWorkflowArgs) -> PollingWorkflowArgs:
        """The wiring with the numbers and choices of this stack."""
        return {
            **wiring,
            "completion": self.completion,
            "agent_timeout": self.agent_timeout_seconds,
            "workflow_timeout": self.workflow_timeout_seconds,
            "heartbeat_limit": self.heartbeat_limit_seconds,
            "poll_seconds": self.poll_seconds,
            "poll_max_seconds": self.poll_max_seconds,
            "traces_endpoint": self.traces_endpoint,
            **self.logged,
        }

    def react_args(self, wiring: ReactWorkflowArgs) -> ReactWorkflowArgs:
        """The wiring with the numbers and choices of this stack."""
        wiring = {**wiring, "traces_endpoint": self.traces_endpoint}
        return self.react.workflow_args(wiring, self.run_retention_days, self.question_timeout_seconds, self.logged)

    def task_args(self, kind: str, wiring: TaskWiring) -> ToolTaskArgs:
        """The wiring of a task for the tools of that kind, with the choices of this stack."""
        return self.react.task_args(kind, wiring, self.traces_endpoint, self.logged)

    def traced_args(self, wiring: TracedFunctionArgs) -> TracedFunctionArgs:
        """The wiring with the choices of this stack."""
        return self.traced.args(wiring, self.traces_endpoint, self.logged)

    def operations_args(self, wiring: OperationsArgs) -> OperationsArgs:
        """The wiring with the choices of this stack."""
        return {**wiring, "alarm_actions": [*self.alarm_actions], "tags": dict(self.tags)}

    @classmethod
    def read(cls, root: Path) -> "Settings":
        """The current stack's settings; `root` has agents and data. Raises SettingsError with all problems."""
        reader = ConfigReader(NAMESPACE)
        region = read_region(reader)
        settings = cls(
            region=region,
            agents=reader.texts("agents", lambda name: agent_problem(root, name)),
            **read_model(reader, region),
            mcp_servers=reader.texts("mcpServers", mcp_url_problem, shown=shown),
            pipelines=reader.lists("pipelines", lambda name: agent_problem(root, name)),
            default_pipeline=reader.text("defaultPipeline", lambda _: ""),
            agent_timeout_seconds=_number(reader, "agentTimeoutSeconds"),
            workflow_timeout_seconds=_number(reader, "workflowTimeoutSeconds"),
            heartbeat_limit_seconds=_number(reader, "heartbeatLimitSeconds"),
            poll_seconds=_number(reader, "pollSeconds"),
            poll_max_seconds=_number(reader, "pollMaxSeconds"),
            completion=reader.choice("completion", COMPLETIONS),
            session_idle_seconds=_number(reader, "sessionIdleSeconds"),
            session_lifetime_seconds=_number(reader, "sessionLifetimeSeconds"),
            traces_endpoint=reader.text("tracesEndpoint", traces_url_problem, shown=shown),
            data_path=reader.text("dataPath", lambda path: folder_problem(root, path)),
            architecture=reader.choice("architecture", [*ARCHITECTURES, HOST]),
            python_version=reader.choice("pythonVersion", [*PYTHON_VERSIONS, HOST]),
            worker_memory=_number(reader, "workerMemory"),
            deadline_margin_seconds=_number(reader, "deadlineMarginSeconds"),
            question_timeout_seconds=_number(reader, "questionTimeoutSeconds"),
            throttle_rate=_number(reader, "throttleRate"),
            throttle_burst=_number(reader, "throttleBurst"),
            **read_access(reader),
            log_retention_days=reader.integer("logRetentionDays", LOG_RETENTION_DAYS),
            run_retention_days=_number(reader, "runRetentionDays"),
            retain_data=reader.flag("retainData"),
            **read_parts(reader, region, root),
            operations=reader.flag("operations"),
            alarm_actions=reader.texts("alarmActions", lambda action: action_problem(action, region)),
            tags=reader.mapping("tags"),
        )
        return _finished(settings, reader)


def _number(reader: ConfigReader, key: str) -> int:
    return reader.integer(key, RANGES[key])


def _finished(settings: Settings, reader: ConfigReader) -> Settings:
    """Raises SettingsError for the problems of single values, and of those that only show in them together."""
    for problem in list(_joint_problems(settings, reader)):
        reader.reject(f"configuration longrun:{problem}")
    reader.finish()
    if warning := model_warning(settings.model_provider, settings.region):
        pulumi.log.warn(warning)
    return settings


def _joint_problems(settings: Settings, reader: ConfigReader) -> Iterator[str]:
    if not settings.agents and not reader.has_problem("agents"):
        yield "agents is empty; name at least one module of agents/"
    if reader.has_problem("pipelines"):
        pass
    elif wrong := pipeline_problems(settings.pipelines):
        yield from wrong
    elif settings.first_choice not in settings.pipelines:
        yield f"defaultPipeline is '{settings.default_pipeline}'; allowed: {', '.join(settings.pipelines)}"
    yield from settings.react.problems(settings.agents)
    yield from settings.stream.problems()
    # They go to the functions and to AgentCore alike.
    yield from tag_problems(settings.tags, own=(ROLE_TAG,), is_ascii=True)
    if not reader.has_problems and settings.pipelines:
        yield from combination_problems(
            settings.region, settings.model, settings.session_idle_seconds, _workflow(settings)
        )


def _workflow(settings: Settings) -> PollingWorkflowArgs:
    """The workflow's arguments as far as they are known before any resource exists."""
    nowhere: JournalRef = {
        "table_name": "",
        "table_arn": "",
        "payload_bucket": "",
        "payload_bucket_arn": "",
        "retention_days": settings.run_retention_days,
    }
    return settings.workflow_args(
        {
            "code": {"path": "", "runtime": "", "architecture": ""},
            "journal": nowhere,
            "pipelines": settings.pipeline_lists,
            "default_pipeline": settings.first_choice,
            "hosts": [future_host(settings.background_agents, settings.session_lifetime_seconds)],
        }
    )
