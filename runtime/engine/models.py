"""The model, by configuration: Amazon Bedrock, OpenAI, or any server with OpenAI's protocol."""

from typing import TYPE_CHECKING, Final

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError
from strands.models import BedrockModel, Model

from contract.errors import ErrorCode, RunError
from runtime.engine.model.api_key import NO_KEY, ApiKey
from runtime.engine.model.service_failures import service_failure
from runtime.environment import ModelEnvironment
from runtime.process.aws_clients import boto3_session

if TYPE_CHECKING:
    from strands.models.openai import OpenAIModel

PROVIDERS: Final = ("bedrock", "openai")

_READ_TIMEOUT: Final = 120
"""Seconds between two chunks: a model that thinks long sends none."""

_POOL_SIZE: Final = 50


def create_model(environment: ModelEnvironment, session: boto3.Session) -> Model:
    """The model that the environment names. Raises ValueError for an unknown provider, RunError with what to do about
    a region or an API key that cannot be used."""
    if environment.provider == "bedrock":
        try:
            return _bedrock(environment)
        except BotoCoreError as error:
            raise _unusable(error, "check the model's configuration") from error
    if environment.provider == "openai":
        return _openai(environment, session)
    raise ValueError(f"unknown model provider {environment.provider!r}; known: {', '.join(PROVIDERS)}")


def _bedrock(environment: ModelEnvironment) -> BedrockModel:
    config = Config(
        connect_timeout=5,
        read_timeout=_READ_TIMEOUT,
        max_pool_connections=_POOL_SIZE,
        # Retries are the agent's, where the run records them; botocore's own would multiply them.
        retries={"total_max_attempts": 1},
    )
    # A session of the model's region, which need not be the function's.
    session = boto3_session(environment.region)
    return BedrockModel(boto_session=session, boto_client_config=config, model_id=environment.model_id)


def _openai(environment: ModelEnvironment, session: boto3.Session) -> "OpenAIModel":
    import openai  # noqa: PLC0415  0.6 s of a cold start that Bedrock's users need not pay
    from strands.models.openai import OpenAIModel  # noqa: PLC0415  as above

    from runtime.engine.model.openai_client import CheckedOpenAI  # noqa: PLC0415  as above

    key = _api_key(environment, session)
    client = openai.AsyncOpenAI(
        api_key=key.current() if key else NO_KEY,
        base_url=environment.url or None,
        # Retries are the agent's, as above.
        max_retries=0,
        timeout=_READ_TIMEOUT,
    )
    # One client for all runs: the process keeps one event loop, and a new client would shake hands for each call.
    return OpenAIModel(client=CheckedOpenAI(client, key), model_id=environment.model_id)


def _api_key(environment: ModelEnvironment, session: boto3.Session) -> ApiKey | None:
    if not environment.secret:
        return None
    # The stack's own secret goes by its name, and exists whether or not the server asks for a key.
    is_optional = bool(environment.url) and not environment.secret.startswith("arn:")
    return ApiKey(environment.secret, lambda: session.client("secretsmanager"), is_optional=is_optional)


def _unusable(error: Exception, advice: str) -> RunError:
    failure = service_failure(error)
    name = type(error).__name__ if failure is None else failure.name
    return RunError(ErrorCode.MODEL_ERROR, f"the model cannot be set up ({name}); {advice}")
