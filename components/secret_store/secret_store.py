"""The stack's secrets: created without values, so that these stand in no program and in no state."""

from collections.abc import Mapping
from typing import Final, NotRequired, TypedDict

import pulumi
from pulumi_aws import secretsmanager

from components.build_context import BuildContext
from components.refs import SecretRef
from components.tags import tag_problems
from components.validation import form_problems, require_valid
from policies.rules.aws_limits.secrets import SECRET_NAME
from policies.rules.secrets.rotation import TAG as ROTATION_TAG

MODEL_KEY: Final = "model-provider-key"
SIGNING_KEY: Final = "token-signing-key"
TRACING_KEYS: Final = "tracing-keys"
DATA_CREDENTIALS: Final = "data-source-credentials"

SECRETS: Final[Mapping[str, str]] = {
    MODEL_KEY: "API key of the model provider, as plain text",
    SIGNING_KEY: "Key that signs the tokens of callers, at least 32 bytes of text",
    TRACING_KEYS: "Keys of the tracing service, as a JSON object of headers, or Langfuse's public_key and secret_key",
    DATA_CREDENTIALS: "Credentials of the agents' data sources, as a JSON object with headers by MCP server's URL",
}
"""What each secret holds."""

_DAYS_TO_RESTORE: Final = 30


class SecretStoreArgs(TypedDict):
    prefix: str
    """What the names of the secrets begin with, such as longrun/dev; names are <prefix>/<secret>."""
    values: NotRequired[dict[str, pulumi.Input[str]]]
    """Values that the program gives, by secret: they stand in the stack's state, encrypted. Without it the owner of a
    value puts it there."""
    retain: NotRequired[bool]
    """Whether a secret that the stack deletes can be restored for 30 days, in which no other may have its name; default
    false: it is deleted at once."""
    tags: NotRequired[dict[str, pulumi.Input[str]]]
    """Tags of the secrets."""


class SecretStore(pulumi.ComponentResource):
    """Four secrets in Secrets Manager: the keys of model provider, tokens and tracing, and credentials of data
    sources. Readers get access to the one that they need."""

    model_key: pulumi.Output[str]
    """ARN of the secret with the model provider's API key."""
    signing_key: pulumi.Output[str]
    """ARN of the secret with the key that signs tokens."""
    tracing_keys: pulumi.Output[str]
    """ARN of the secret with the tracing service's keys."""
    data_credentials: pulumi.Output[str]
    """ARN of the secret with the data sources' credentials."""

    def __init__(self, name: str, args: SecretStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        require_valid("SecretStore", name, form_problems(args, SecretStoreArgs) or validate(args))
        super().__init__("longrun:index:SecretStore", name, None, opts)
        context = BuildContext(name, args, pulumi.ResourceOptions(parent=self))
        self._prefix = args["prefix"]
        arns = {role: _create_secret(context, role) for role in SECRETS}
        self.model_key = arns[MODEL_KEY]
        self.signing_key = arns[SIGNING_KEY]
        self.tracing_keys = arns[TRACING_KEYS]
        self.data_credentials = arns[DATA_CREDENTIALS]
        self.register_outputs({output: getattr(self, output) for output in OUTPUTS})

    @property
    def signing_key_ref(self) -> SecretRef:
        return {"name": secret_name(self._prefix, SIGNING_KEY), "arn": self.signing_key}

    @property
    def tracing_keys_ref(self) -> SecretRef:
        return {"name": secret_name(self._prefix, TRACING_KEYS), "arn": self.tracing_keys}

    @property
    def data_credentials_ref(self) -> SecretRef:
        return {"name": secret_name(self._prefix, DATA_CREDENTIALS), "arn": self.data_credentials}


OUTPUTS: Final = tuple(SecretStore.__annotations__)


def secret_name(prefix: str, role: str) -> str:
    """The name of a secret, which stays when its value is rotated."""
    return f"{prefix}/{role}"


def validate(args: SecretStoreArgs) -> list[str]:
    """One message for each argument that AWS would reject later."""
    unknown = sorted(set(args.get("values", {})) - set(SECRETS))
    return [
        *prefix_problems(args["prefix"]),
        *(f"values has {name!r}; allowed: {', '.join(SECRETS)}" for name in unknown),
        *tag_problems(args.get("tags"), own=(ROTATION_TAG,)),
    ]


def prefix_problems(prefix: str) -> list[str]:
    """What is wrong with the beginning of the secrets' names."""
    longest = secret_name(prefix, max(SECRETS, key=len))
    is_path = bool(prefix) and not prefix.startswith("/") and not prefix.endswith("/") and "//" not in prefix
    if is_path and SECRET_NAME.allows(longest):
        return []
    return [f"prefix is {prefix!r}; allowed: letters, digits and _+=.@-, in parts with a slash between them"]


def _create_secret(context: BuildContext[SecretStoreArgs], role: str) -> pulumi.Output[str]:
    """Returns its ARN."""
    secret = secretsmanager.Secret(
        context.child(role),
        name=secret_name(context.args["prefix"], role),
        description=SECRETS[role],
        recovery_window_in_days=_DAYS_TO_RESTORE if context.args.get("retain") else 0,
        tags={**context.tags, ROTATION_TAG: "manual"},
        opts=context.retained(context.args.get("retain", False)),
    )
    value = context.args.get("values", {}).get(role)
    if value is not None:
        secretsmanager.SecretVersion(
            context.child(f"{role}-value"),
            secret_id=secret.id,
            secret_string=pulumi.Output.secret(value),
            opts=context.opts,
        )
    return secret.arn
