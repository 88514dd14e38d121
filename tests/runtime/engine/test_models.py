from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from strands.models import BedrockModel
from strands.models.openai import OpenAIModel

from contract.errors import RunError
from runtime.engine.models import create_model
from runtime.environment import ModelEnvironment

SESSION = boto3.Session(region_name="us-east-1")


def test_bedrock_is_called_in_the_models_region_without_retries_of_its_own() -> None:
    model = create_model(ModelEnvironment("bedrock", "claude", "eu-west-1", "", ""), SESSION)

    assert isinstance(model, BedrockModel)
    assert model.get_config()["model_id"] == "claude"
    assert model.client.meta.region_name == "eu-west-1"
    assert model.client.meta.config.retries["total_max_attempts"] == 1


def test_a_server_that_speaks_openais_protocol_needs_no_key() -> None:
    environment = ModelEnvironment("openai", "local", "us-east-1", "http://127.0.0.1:1/v1", "")

    model = create_model(environment, SESSION)

    assert isinstance(model, OpenAIModel)
    client: Any = model._custom_client  # noqa: SLF001  what it was made with is nowhere else
    assert str(client.base_url) == "http://127.0.0.1:1/v1/"
    assert client.max_retries == 0


def test_the_key_is_read_from_its_secret() -> None:
    asked: list[str] = []

    def get_secret_value(SecretId: str) -> dict[str, str]:  # noqa: N803
        asked.append(SecretId)
        return {"SecretString": "sk-key"}

    session: Any = SimpleNamespace(client=lambda _: SimpleNamespace(get_secret_value=get_secret_value))

    model = create_model(ModelEnvironment("openai", "gpt", "us-east-1", "", "arn:secret"), session)

    assert isinstance(model, OpenAIModel)
    assert asked == ["arn:secret"]
    assert getattr(model._custom_client, "api_key", "") == "sk-key"  # noqa: SLF001  as above


def test_an_unknown_provider_is_named_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'oracle'; known: bedrock, openai"):
        create_model(ModelEnvironment("oracle", "m", "us-east-1", "", ""), SESSION)


def absent(SecretId: str) -> dict[str, str]:  # noqa: N803
    raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": SecretId}}, "GetSecretValue")


def test_a_server_that_asks_for_no_key_is_called_while_the_stacks_own_secret_has_no_value() -> None:
    session: Any = SimpleNamespace(client=lambda _: SimpleNamespace(get_secret_value=absent))
    own = "longrun/dev/model-provider-key"

    model: Any = create_model(ModelEnvironment("openai", "m", "us-east-1", "http://127.0.0.1:1/v1", own), session)

    assert model._custom_client.api_key == "none"  # noqa: SLF001  as above
    with pytest.raises(
        RunError, match="aws secretsmanager put-secret-value --secret-id longrun/dev/model-provider-key"
    ):
        create_model(ModelEnvironment("openai", "m", "us-east-1", "", own), session)
    with pytest.raises(RunError, match="check that the configured secret exists"):
        create_model(ModelEnvironment("openai", "m", "us-east-1", "http://127.0.0.1:1/v1", "arn:secret"), session)
