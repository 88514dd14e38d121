"""The region, and the settings of the model, whose default depends on it."""

from typing import TypedDict

import pulumi

from components.addresses import model_url_problem, shown
from components.default_model import default_model
from components.model_access import MODEL_PROVIDERS, model_id_problem
from components.stack_config.reader import ConfigReader, hidden
from components.stack_config.validators import secret_problem
from policies.rules.regions import is_region


class ModelOptions(TypedDict):
    model_provider: str
    model_id: str
    model_url: str
    model_secret_arn: str


def read_model(reader: ConfigReader, region: str) -> ModelOptions:
    """The keys as they are set; the model is that of the region where none is named."""
    provider = reader.choice("modelProvider", MODEL_PROVIDERS)
    return {
        "model_provider": provider,
        "model_id": _model_id(reader, provider, region),
        "model_url": reader.text("modelUrl", model_url_problem, shown=shown),
        "model_secret_arn": reader.text("modelSecretArn", secret_problem, shown=hidden),
    }


def read_region(reader: ConfigReader) -> str:
    region = pulumi.Config("aws").get("region")
    if not region:
        reader.reject("configuration aws:region is not set; run: pulumi config set aws:region us-east-1")
    elif not is_region(region):
        reader.reject(f"configuration aws:region is {region!r}, which is not an AWS region; write it like us-east-1")
    return region or ""


def _model_id(reader: ConfigReader, provider: str, region: str) -> str:
    has_default = provider != "openai"
    named = reader.text("modelId", lambda id_: model_id_problem(provider, id_) if id_ or not has_default else "")
    return named or (default_model(region) if has_default else "")
