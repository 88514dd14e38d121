"""The stack's configuration as one typed, frozen object; what is wrong in it is refused with a sentence."""

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pulumi

from components.config_values import ConfigReader
from components.functions.platform import ARCHITECTURES, LOG_RETENTION_DAYS, RUNTIMES
from components.journal_table import RETENTION_LIMIT
from components.model_access import MODEL_PROVIDERS
from components.refusal import tag_problems
from components.streaming_lambda.args import AUTHORIZATIONS, DEADLINE_MARGIN, THROTTLE
from policies.rules.aws_limits import LAMBDA_MEMORY, Range
from policies.rules.regions import is_region

NAMESPACE: Final = "longrun"
HOST: Final = "host"
FACTORY: Final = "create_agent"
PYTHON_VERSIONS: Final = tuple(runtime.removeprefix("python") for runtime in RUNTIMES)
RUN_RETENTION: Final = Range(1, RETENTION_LIMIT, "days", "")
_PLACEHOLDER: Final = re.compile(r"\{([^}]*)\}")
_SECRET_ARN: Final = re.compile(r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:.+")


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

    @classmethod
    def read(cls, root: Path) -> "Settings":
        """The present stack's settings. `root` is the project's folder, in which agents and data are looked for.

        Raises SettingsError with everything that is wrong: unknown keys, wrong types, values out of range.
        """
        reader = ConfigReader(NAMESPACE)
        settings = cls(
            region=_region(reader),
            agents=reader.texts("agents", ["data_analyst"], lambda name: _agent_problem(root, name)),
            model_provider=reader.choice("modelProvider", "bedrock", MODEL_PROVIDERS),
            model_id=reader.text("modelId", "us.anthropic.claude-sonnet-4-6", _empty_problem),
            model_url=reader.text("modelUrl", "", _optional_url_problem),
            model_secret_arn=reader.text("modelSecretArn", "", _secret_problem, hidden=True),
            mcp_servers=reader.texts("mcpServers", [], _url_problem),
            data_path=reader.text("dataPath", "data", lambda path: _folder_problem(root, path)),
            architecture=reader.choice("architecture", "arm64", [*ARCHITECTURES, HOST]),
            python_version=reader.choice("pythonVersion", "3.13", [*PYTHON_VERSIONS, HOST]),
            worker_memory=reader.integer("workerMemory", 1_024, LAMBDA_MEMORY),
            deadline_margin_seconds=reader.integer("deadlineMarginSeconds", 30, DEADLINE_MARGIN),
            throttle_rate=reader.integer("throttleRate", 500, THROTTLE),
            throttle_burst=reader.integer("throttleBurst", 1_000, THROTTLE),
            authorization=reader.choice("authorization", "AWS_IAM", AUTHORIZATIONS),
            websocket_url=reader.text("websocketUrl", "", _template_problem),
            log_retention_days=reader.integer("logRetentionDays", 14, LOG_RETENTION_DAYS),
            run_retention_days=reader.integer("runRetentionDays", 30, RUN_RETENTION),
            retain_data=reader.flag("retainData", default=False),
            tags=reader.mapping("tags"),
        )
        _refuse_what_does_not_fit(settings, reader)
        reader.finish()
        return settings


def _region(reader: ConfigReader) -> str:
    region = pulumi.Config("aws").get("region")
    if not region:
        reader.refuse("configuration aws:region is not set; run: pulumi config set aws:region us-east-1")
    elif not is_region(region):
        reader.refuse(f"configuration aws:region is {region!r}, which is no AWS region; write it as in us-east-1")
    return region or ""


def _refuse_what_does_not_fit(settings: Settings, reader: ConfigReader) -> None:
    if not settings.agents:
        reader.refuse("configuration longrun:agents is empty; name at least one module of agents/")
    for problem in tag_problems(settings.tags):
        reader.refuse(f"configuration longrun:{problem}")


def _agent_problem(root: Path, name: str) -> str:
    if not name.isidentifier():
        return "give the name of a Python module in agents/"
    module = root / "agents" / f"{name}.py"
    if not module.is_file():
        return f"there is no agents/{name}.py; write it or name another"
    try:
        statements = ast.parse(module.read_bytes()).body
    except (SyntaxError, ValueError) as error:
        return f"agents/{name}.py is not Python: {error}"
    has_factory = any(FACTORY in _names(statement) for statement in statements)
    return "" if has_factory else f"agents/{name}.py defines no function {FACTORY}(context)"


def _names(statement: ast.stmt) -> set[str]:
    """The names that a statement at the top of a module gives to it."""
    match statement:
        case ast.FunctionDef(name=name):
            return {name}
        case ast.ImportFrom(names=aliases):
            return {alias.asname or alias.name for alias in aliases}
        case ast.Assign(targets=targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
    return set()


def _folder_problem(root: Path, path: str) -> str:
    return "" if (root / path).is_dir() else "there is no such folder in the project"


def _empty_problem(value: str) -> str:
    return "" if value.strip() else "give a model's id"


def _url_problem(value: str) -> str:
    parts = urlsplit(value)
    # The runtime reads the URLs from one variable, separated by commas.
    fits = parts.scheme in {"http", "https"} and parts.hostname and "," not in value
    return "" if fits else "give an http or https URL without a comma"


def _optional_url_problem(value: str) -> str:
    return _url_problem(value) if value else ""


def _secret_problem(value: str) -> str:
    return "" if not value or _SECRET_ARN.fullmatch(value) else "give the ARN of a Secrets Manager secret"


def _template_problem(value: str) -> str:
    if not value:
        return ""
    if urlsplit(value).scheme not in {"ws", "wss"} or value.endswith("/"):
        return "give a ws or wss URL that does not end in a slash"
    foreign = [name for name in _PLACEHOLDER.findall(value) if name not in {"apiId", "stage"}]
    return f"{{{foreign[0]}}} is not known; allowed: {{apiId}}, {{stage}}" if foreign else ""
