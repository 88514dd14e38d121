"""The model that agents use: its validation, the permission to call it, and the variables that name it."""

import re
from collections.abc import Mapping
from typing import Final, NotRequired, TypedDict

import pulumi

from components.addresses import model_url_problem, shown
from components.arn import ArnParts
from components.iam import Statement, allow
from components.secret_store.permissions import named_secret, read_secret
from components.validation import choice_problems
from policies.rules.stack.partition_alignment import partition_problems
from policies.rules.stack.region_alignment import region_problems
from runtime import environment

MODEL_PROVIDERS: Final = ("bedrock", "openai")
MODEL_ACTIONS: Final = ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")
"""These also authorise Converse and ConverseStream, which have no actions of their own."""

_PROFILE: Final = re.compile(r"(?P<geography>[a-z]{2,6}(?:-gov)?)\.(?P<model>[a-z0-9]+\..+)")


MODEL_ID_LENGTH: Final = 2_048
_BEDROCK_ID: Final = re.compile(r"[a-z0-9-]+(?:\.[a-zA-Z0-9_-]+)+(?::[a-zA-Z0-9-]+)*")
_BEDROCK_ARN: Final = re.compile(
    r"arn:aws[a-z-]*:(?:bedrock|sagemaker):[a-z0-9-]+:(?:\d{12})?:[a-z-]+/[\w.:/-]+", re.ASCII
)
"""Forms of modelId in the API of Bedrock Runtime, without prompts, which are no models."""

_SHOWN: Final = 120
"""Characters of an id that a message repeats."""


class ModelArgs(TypedDict):
    """The model that agents use."""

    provider: str
    """bedrock or openai (any OpenAI-compatible API)."""
    model_id: str
    """Bedrock model id, inference profile or ARN; for openai the name that the API knows."""
    url: NotRequired[str]
    """Base URL of the OpenAI-compatible API; openai only."""
    secret_arn: NotRequired[str]
    """ARN of the secret with the API key; openai only."""
    secret_name: NotRequired[str]
    """Name of the stack's own secret with the API key, which is read where secret_arn is empty; openai only."""


def model_problems(model: ModelArgs, region: str, *, is_private_network: bool = False) -> list[str]:
    """A message for each value that does not fit the provider or the region. `is_private_network` as in addresses."""
    url, secret_arn = model.get("url", ""), model.get("secret_arn", "")
    if wrong := model_id_problem(model["provider"], model["model_id"]):
        return [f"model.model_id is {model['model_id'][:_SHOWN]!r}; {wrong}"]
    if model["provider"] == "openai":
        if not url and not secret_arn and not model.get("secret_name"):
            return ["model.secret_arn is empty; OpenAI's own API needs a key, another server needs model.url"]
        wrong = model_url_problem(url, is_private_network=is_private_network)
        return [
            *([f"model.url is {shown(url)}; {wrong}"] if wrong else []),
            *_place_problems({"model.secret_arn": secret_arn}, region),
        ]
    unused = {"model.url": url, "model.secret_arn": secret_arn, "model.secret_name": model.get("secret_name", "")}
    return [
        *choice_problems("model.provider", model["provider"], MODEL_PROVIDERS),
        *_place_problems({"model.model_id": model["model_id"]}, region),
        *(f"{name} is set; only model.provider openai reads it" for name, value in unused.items() if value),
    ]


def model_id_problem(provider: str, model_id: str) -> str:
    """What is wrong with a model's id; empty if nothing is."""
    if not model_id.strip():
        return "give a model's id"
    if not model_id.isprintable() or " " in model_id or len(model_id) > MODEL_ID_LENGTH:
        return f"give a model's id, up to {MODEL_ID_LENGTH:,} characters without blanks"
    if provider == "bedrock" and not (_BEDROCK_ID.fullmatch(model_id) or _BEDROCK_ARN.fullmatch(model_id)):
        example = "us.anthropic.claude-sonnet-4-6"
        return f"give an id of Amazon Bedrock, such as {example} or an ARN, or set the provider to openai"
    return ""


def _place_problems(values: Mapping[str, str], region: str) -> list[str]:
    return [*region_problems(values, region), *partition_problems(values, region)]


def model_variables(model: ModelArgs, region: str) -> dict[str, pulumi.Input[str]]:
    """The environment variables from which agents read their model."""
    return {
        environment.MODEL_PROVIDER: model["provider"],
        environment.MODEL_ID: model["model_id"],
        environment.MODEL_REGION: region,
        environment.MODEL_URL: model.get("url", ""),
        environment.MODEL_SECRET: model.get("secret_arn", "") or model.get("secret_name", ""),
    }


def use_model(model: ModelArgs, region: str, role_arn: str) -> list[Statement]:
    """Calls of the model, or its key. Account and partition are those of the role that is allowed."""
    own = ArnParts.parse(role_arn)
    if model["provider"] == "openai":
        name = model.get("secret_name", "")
        stacks = named_secret(name, region, own.account, own.partition) if name else ""
        return [read_secret("ReadModelKey", arn)] if (arn := model.get("secret_arn", "") or stacks) else []
    return invoke_model(model["model_id"], region, own.account, own.partition)


def invoke_model(model_id: str, region: str, account: str, partition: str) -> list[Statement]:
    """The one model that is configured: a foundation model, an inference profile, or what an ARN names."""
    prefix = f"arn:{partition}:bedrock"
    if model_id.startswith("arn:"):
        return _invoke_arn(model_id, prefix)
    profile = _PROFILE.fullmatch(model_id)
    if profile is None:
        return [allow("InvokeModel", MODEL_ACTIONS, [f"{prefix}:{region}::foundation-model/{model_id}"])]
    return _invoke_profile(f"{prefix}:{region}:{account}:inference-profile/{model_id}", prefix, profile["model"])


def _invoke_arn(arn: str, prefix: str) -> list[Statement]:
    # The ARN of an application's profile does not name its model, so any model is allowed, only through this profile.
    return _invoke_profile(arn, prefix, "*") if "inference-profile/" in arn else [_invoke(arn)]


def _invoke(arn: str) -> Statement:
    return allow("InvokeModel", MODEL_ACTIONS, [arn])


def _invoke_profile(profile_arn: str, prefix: str, model: str) -> list[Statement]:
    """A profile needs the model in every region that it may route to. Bedrock picks the region and adds new ones, so it
    is '*'; the condition allows only calls through the profile."""
    through = {"StringEquals": {"bedrock:InferenceProfileArn": profile_arn}}
    return [
        allow("InvokeProfile", MODEL_ACTIONS, [profile_arn]),
        allow("InvokeModelThroughProfile", MODEL_ACTIONS, [f"{prefix}:*::foundation-model/{model}"], through),
    ]
