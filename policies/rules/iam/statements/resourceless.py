"""Which actions know no resources, so that they can be allowed on everything only."""

import re
from fnmatch import translate
from typing import Final

from policies.rules.aws_limits.iam import WITHOUT_RESOURCES

_RESOURCELESS: Final = re.compile("|".join(translate(pattern.lower()) for pattern in WITHOUT_RESOURCES))


def is_resourceless(action: str) -> bool:
    return _RESOURCELESS.match(action.lower()) is not None
