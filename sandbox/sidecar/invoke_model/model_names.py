"""The names in model ids: of foundation models, and of inference profiles by id or ARN."""

import re

_PREFIX = re.compile(r"(?:[a-z]{2,8}(?:-[a-z]+)?\.)?(?=(?:anthropic|amazon)\.)")
_VERSION = re.compile(r"-v\d+(?::\d+)*(?::\d+k)?$|:\d+$")


def full_name(model_id: str) -> str:
    """Returns the foundation model's name with its provider, such as `anthropic.claude-sonnet-4-6`; for an ARN with an
    id of the account's own, only that id."""
    return _PREFIX.sub("", model_id.rpartition("/")[2], count=1)


def short_name(model_id: str) -> str:
    """Returns the name as the model itself gives it, without provider and version."""
    return _VERSION.sub("", full_name(model_id).removeprefix("anthropic."))
