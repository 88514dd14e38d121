"""What went wrong before in systems like this one, as far as a configuration shows it, and the rule that prevents it.

The failures are those that five accounts of such systems describe.
"""

from dataclasses import dataclass
from typing import Final

PREMATURE_EXIT: Final = "Lambda premature exit"
LOCAL_DEPLOYMENT: Final = "Lambda functions deployment"
CONTAINER_IMAGE: Final = "Lambda container image"
FIRE_AND_FORGET: Final = "Fire-and-forget AgentCore"
FUNCTION_URL: Final = "Function URL demo"


@dataclass(frozen=True, slots=True)
class Regression:
    """A failure, the document that describes it, the rule that catches it, and the case among the rule's tests that is
    this failure."""

    document: str
    failure: str
    rule: str
    case: str


REGRESSIONS: Final[tuple[Regression, ...]] = (
    Regression(
        PREMATURE_EXIT,
        "A streaming function without a timeout of its own was ended before the agent had answered",
        "lambda-function-worker-timeout",
        "the worker has no timeout",
    ),
    Regression(
        PREMATURE_EXIT,
        "The same function had Lambda's 128 MB; it was given 1,024",
        "lambda-function-worker-memory",
        "the worker has Lambda's default",
    ),
    Regression(
        PREMATURE_EXIT,
        "The socket's own handler did the agent's work, so that the answer ended with the handler",
        "stack-api-never-waits-for-agent",
        "the integration calls the worker",
    ),
    Regression(
        PREMATURE_EXIT,
        "No time was left before Lambda's limit to send a last message",
        "stack-run-outlasts-worker",
        "a margin of all the time",
    ),
    Regression(
        LOCAL_DEPLOYMENT,
        "Resources were in eu-central-1, the functions' settings named us-east-1",
        "stack-region-alignment",
        "an ARN names another region",
    ),
    Regression(
        LOCAL_DEPLOYMENT,
        "The state machine called a function that was never deployed",
        "stack-machine-resources-exist",
        "a function that was never deployed",
    ),
    Regression(
        LOCAL_DEPLOYMENT,
        "Functions named a table that did not exist",
        "stack-variable-resources-exist",
        "a table that no one makes",
    ),
    Regression(
        LOCAL_DEPLOYMENT,
        "Functions called an emulator's address of another machine",
        "lambda-function-emulator-endpoints",
        "the emulator of Step Functions",
    ),
    Regression(
        LOCAL_DEPLOYMENT,
        "One function that could not run ended every execution at once",
        "state-machine-task-catch",
        "a task whose errors no one catches",
    ),
    Regression(
        CONTAINER_IMAGE,
        "Only parts of ImageConfig were set: Runtime.InvalidEntrypoint",
        "lambda-function-image-config-complete",
        "no entry point",
    ),
    Regression(
        CONTAINER_IMAGE,
        "The entry point was not an absolute path",
        "lambda-function-image-config-absolute",
        "an entry point that is searched for",
    ),
    Regression(
        CONTAINER_IMAGE,
        "The image's CPU was not the function's: ProcessSpawnFailed",
        "container-image-platform-of-function",
        "built for the other CPU",
    ),
    Regression(
        CONTAINER_IMAGE,
        "The function's CPU architecture was not set",
        "lambda-function-architecture-stated",
        "no architecture",
    ),
    Regression(
        FIRE_AND_FORGET,
        "The call that started an agent waited until the agent had ended",
        "state-machine-sdk-call-time",
        "an agent is called by the machine itself",
    ),
    Regression(
        FIRE_AND_FORGET,
        "The workflow asked the table for `status`, a reserved word",
        "state-machine-reserved-words",
        "status without an alias",
    ),
    Regression(
        FIRE_AND_FORGET,
        "The workflow polled every ten seconds, for as long as an agent may take",
        "state-machine-history-fits",
        "ten seconds for eight hours",
    ),
    Regression(
        FUNCTION_URL,
        "AWS_REGION was set as a variable: reserved",
        "lambda-function-reserved-variables",
        "AWS_REGION is set by hand",
    ),
    Regression(
        FUNCTION_URL,
        "Five minutes for an agent that may need fifteen",
        "lambda-function-worker-timeout",
        "the worker has five minutes",
    ),
    Regression(
        FUNCTION_URL,
        "The URL was public “for now”, to be locked down later",
        "function-url-not-public",
        "public for now, to be locked down later",
    ),
    Regression(
        FUNCTION_URL,
        "The tracing backend was in another region than everything else",
        "stack-langfuse-region",
        "Europe's cloud from the US",
    ),
    Regression(
        FUNCTION_URL,
        "The model was called in another region than the stack's",
        "stack-region-alignment",
        "the model is asked elsewhere",
    ),
    Regression(
        FUNCTION_URL,
        "The backend's secret key was set as a variable",
        "lambda-function-plain-secrets",
        "the demo's Langfuse key",
    ),
    Regression(
        FUNCTION_URL,
        "The headers of the exporter contained credentials",
        "lambda-function-plain-secrets",
        "a header with credentials",
    ),
    Regression(
        FUNCTION_URL,
        "Compiled dependencies were built for another CPU",
        "lambda-function-architecture-of-package",
        "a package for the other CPU",
    ),
    Regression(
        FUNCTION_URL,
        "The package was built with another Python than the function's",
        "lambda-function-runtime-of-package",
        "a package for another Python",
    ),
    Regression(
        FUNCTION_URL,
        "The handler could not be imported from the package",
        "lambda-function-handler-in-package",
        "a module that is not in the package",
    ),
    Regression(
        FUNCTION_URL,
        "A package of more than 50 MB was uploaded in the call itself",
        "lambda-function-zip-size",
        "60 MB in the call itself",
    ),
    Regression(
        FUNCTION_URL,
        "The bundler packed its own output again and again",
        "lambda-function-unzipped-size",
        "300 MB when it is unpacked",
    ),
)
