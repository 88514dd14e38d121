"""The model that agents talk to: what of it AWS would refuse, who may call it, and how agents are told of it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pulumi

from components.iam import Statement, allow
from components.validation import choice_problems
from policies.rules.stack.region_alignment import region_problems
from runtime import environment

MODEL_PROVIDERS: Final = ("bedrock", "openai")
MODEL_ACTIONS: Final = ("bedrock:InvokeModel", "bedrock:InvokeModelWithResponseStream")
"""Converse and ConverseStream are authorised by these; they have no actions of their own."""

_PROFILE: Final = re.compile(r"(?P<geography>[a-z]{2,6}(?:-gov)?)\.(?P<model>[a-z0-9]+\..+)")


@dataclass(frozen=True, slots=True)
class Model:
    """Which model: `url` and `secret_arn` (of the secret with the API key) are empty where they are not given."""

    provider: str
    model_id: str
    region: str
    url: str
    secret_arn: str

    @classmethod
    def of(cls, args: Mapping[str, Any]) -> "Model":
        """From a component's arguments model_provider, model_id, region, model_url and model_secret_arn."""
        return cls(
            provider=args["model_provider"],
            model_id=args["model_id"],
            region=args["region"],
            url=args.get("model_url", ""),
            secret_arn=args.get("model_secret_arn", ""),
        )

    def problems(self) -> list[str]:
        """One sentence for each argument that does not fit the provider or the stack's region."""
        if self.provider == "openai":
            if not self.url and not self.secret_arn:
                return ["model_secret_arn is empty; OpenAI's own API needs a key, another server needs model_url"]
            return region_problems({"model_secret_arn": self.secret_arn}, self.region)
        unused = {"model_url": self.url, "model_secret_arn": self.secret_arn}
        return [
            *choice_problems("model_provider", self.provider, MODEL_PROVIDERS),
            *region_problems({"model_id": self.model_id}, self.region),
            *(f"{name} is set; it is read by model_provider openai only" for name, value in unused.items() if value),
        ]

    def variables(self) -> dict[str, pulumi.Input[str]]:
        """What agents read of it."""
        return {
            environment.MODEL_PROVIDER: self.provider,
            environment.MODEL_ID: self.model_id,
            environment.MODEL_REGION: self.region,
            environment.MODEL_URL: self.url,
            environment.MODEL_SECRET: self.secret_arn,
        }

    def use(self, role_arn: str) -> list[Statement]:
        """For who asks it: calls of the model, or its key. The role's ARN tells account and partition."""
        if self.provider == "openai":
            return [read_secret(self.secret_arn)] if self.secret_arn else []
        _, partition, _, _, account, _ = role_arn.split(":", 5)
        return invoke_model(self.model_id, self.region, account, partition)


def read_secret(secret_arn: str) -> Statement:
    return allow("ReadModelKey", ["secretsmanager:GetSecretValue"], [secret_arn])


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
    # What an application's profile routes to is not in its ARN, hence any model, but through this profile only.
    return _invoke_profile(arn, prefix, "*") if "inference-profile/" in arn else [_invoke(arn)]


def _invoke(arn: str) -> Statement:
    return allow("InvokeModel", MODEL_ACTIONS, [arn])


def _invoke_profile(profile_arn: str, prefix: str, model: str) -> list[Statement]:
    """A profile needs the model in every region it may route to. Bedrock picks the region and adds new ones, so it is
    '*'; the condition admits only calls that come through the profile."""
    through = {"StringEquals": {"bedrock:InferenceProfileArn": profile_arn}}
    return [
        allow("InvokeProfile", MODEL_ACTIONS, [profile_arn]),
        allow("InvokeModelThroughProfile", MODEL_ACTIONS, [f"{prefix}:*::foundation-model/{model}"], through),
    ]
