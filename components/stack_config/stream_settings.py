"""The settings of the streaming endpoint: a stack without an image for it has none."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from components.addresses import is_emulated, origin_problem
from components.container_image.args import ContainerImageArgs
from components.functions.function_url import AUTHORIZATIONS
from components.image_address import function_image_problems
from components.image_config import STREAMING
from components.refs import CodeRef, ImageRef
from components.stack_config.reader import ConfigReader
from components.streaming_lambda.args import FUNCTION_URL, IMAGE, RESPONSE_TIME, StreamingLambdaArgs
from policies.rules.aws_limits import Range

BUILD: Final = "build"
STREAM_RANGES: Final[Mapping[str, Range]] = {"streamResponseSeconds": RESPONSE_TIME}


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """The keys of the endpoint."""

    stream_image: str
    stream_authorization: str
    stream_origins: tuple[str, ...]
    stream_response_seconds: int

    @property
    def is_deployed(self) -> bool:
        """Whether the stack has the endpoint."""
        return bool(self.stream_image)

    @property
    def is_built(self) -> bool:
        """Whether its image is built by the deployment, and not there already."""
        return self.stream_image == BUILD

    @classmethod
    def read(cls, reader: ConfigReader, region: str) -> "StreamSettings":
        return cls(
            stream_image=reader.text("streamImage", lambda given: _image_problem(given, region)),
            stream_authorization=reader.choice("streamAuthorization", AUTHORIZATIONS),
            stream_origins=reader.texts("streamOrigins", origin_problem),
            stream_response_seconds=reader.integer("streamResponseSeconds", STREAM_RANGES["streamResponseSeconds"]),
        )

    def problems(self) -> list[str]:
        """One message for a setting that does not fit where the stack is deployed to, beginning with a key."""
        if not self.is_built or not is_emulated():
            return []
        return ["streamImage is 'build', and the sandbox builds no image; allowed: the address of any image, by digest"]

    def image(self, architecture: str) -> ImageRef:
        """The image that is there already."""
        return {"uri": self.stream_image, "architecture": architecture, **STREAMING}

    def build_args(self, packages: Mapping[str, CodeRef], home: Path, tags: Mapping[str, str]) -> ContainerImageArgs:
        """Of the image that is built from these packages, by name."""
        return {
            "package": packages["streaming"],
            "home": str(home),
            "entry_point": STREAMING["entry_point"],
            "command": STREAMING["command"],
            "working_directory": STREAMING["working_directory"],
            "tags": {**tags},
        }

    def args(self, wiring: StreamingLambdaArgs, url: str) -> StreamingLambdaArgs:
        """The wiring with the choices of this stack; `url` is the template of addresses."""
        return {
            **wiring,
            "transport": FUNCTION_URL,
            "package": IMAGE,
            "authorization": self.stream_authorization,
            "allowed_origins": list(self.stream_origins),
            "response_seconds": self.stream_response_seconds,
            "url": url,
        }


def _image_problem(given: str, region: str) -> str:
    if given in {"", BUILD}:
        return ""
    problems = function_image_problems("", given, region)
    return f"{problems[0].partition('; ')[2]}; or build, or nothing" if problems else ""
