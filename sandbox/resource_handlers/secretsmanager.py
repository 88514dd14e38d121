"""Secrets Manager."""

from typing import Any

from policies.rules.aws_limits.secrets import RECOVERY_WINDOW, SECRET_NAME, SECRET_VALUE
from sandbox.cloud.request import Request, ValidationError
from sandbox.program.monitor import Created


def secret(request: Request) -> Created:
    request.skip("forceOverwriteReplicaSecret")
    days = request.get("recoveryWindowInDays")
    if days not in (None, 0) and not RECOVERY_WINDOW.allows(days):
        raise ValidationError(f"recoveryWindowInDays is {days}; allowed: {RECOVERY_WINDOW}, or 0 for none")
    name = request.name("name", SECRET_NAME)
    settings: dict[str, Any] = {"Name": name, "Tags": request.tag_list()}
    for key, aws in (("description", "Description"), ("kmsKeyId", "KmsKeyId")):
        if value := request.get(key):
            settings[aws] = value
    arn = request.cloud.secretsmanager.create_secret(**settings)["ARN"]
    return Created(arn, {"name": name, "arn": arn})


def secret_version(request: Request) -> Created:
    secret_id = request.need("secretId")
    text, binary = request.get("secretString"), request.get("secretBinary")
    if (text is None) == (binary is None):
        raise ValidationError("secretString and secretBinary are both set or both missing; give one of them")
    if not SECRET_VALUE.allows(len((text or binary).encode())):
        raise ValidationError(f"the value has {len((text or binary).encode()):,} bytes; allowed: {SECRET_VALUE}")
    value: dict[str, Any] = {"SecretString": text} if text is not None else {"SecretBinary": binary.encode()}
    stages = request.get("versionStages")
    settings = value | ({"VersionStages": stages} if stages else {})
    made = request.cloud.secretsmanager.put_secret_value(SecretId=secret_id, **settings)
    version = made["VersionId"]
    return Created(f"{secret_id}|{version}", {"arn": made["ARN"], "secretArn": made["ARN"], "versionId": version})
