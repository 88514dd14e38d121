"""The numbers of tags, the same for every service that the project uses."""

from typing import Final

from policies.rules.aws_limits.source import SERVICE_MODELS, Range

TAGS: Final = Range(0, 50, "tags", SERVICE_MODELS)
TAG_KEY: Final = Range(1, 128, "characters", SERVICE_MODELS)
TAG_VALUE: Final = Range(0, 256, "characters", SERVICE_MODELS)
