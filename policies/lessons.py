"""What went wrong before in systems like this one, as far as a configuration shows it, and the rule that prevents it.

The failures are those that five documents of such systems tell.
"""

from dataclasses import dataclass
from typing import Final

PREMATURE_EXIT: Final = "Lambda premature exit"
LOCAL_DEPLOYMENT: Final = "Lambda functions deployment"
CONTAINER_IMAGE: Final = "Lambda container image"
FIRE_AND_FORGET: Final = "Fire-and-forget AgentCore"
FUNCTION_URL: Final = "Function URL demo"


@dataclass(frozen=True, slots=True)
class Lesson:
    """A failure, the document that tells of it, the rule that catches it, and the case among the rule's tests that is
    this failure."""

    document: str
    failure: str
    rule: str
    case: str


LESSONS: Final[tuple[Lesson, ...]] = ()
