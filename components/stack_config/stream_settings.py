"""The settings of the streaming endpoint: a stack without an image for it has none."""

from collections.abc import Iterator, Mapping
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
from runtime import environment

BUILD: Final = "build"
LANCEDB: Final = "lancedb"
EXTRAS: Final = (LANCEDB,)
"""Each has its locked requirements, requirements/NAME.txt."""
STREAM_RANGES: Final[Mapping[str, Range]] = {"streamResponseSeconds": RESPONSE_TIME}


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """The keys of the endpoint."""

    stream_image: str
    stream_authorization: str
    stream_origins: tuple[str, ...]
    stream_response_seconds: int
    stream_extras: tuple[str, ...]

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
            stream_extras=reader.texts("streamExtras", _extra_problem),
        )

    def problems(self) -> Iterator[str]:
        """One message for each setting that does not fit the others, or where the stack is deployed to, beginning with
        a key."""
        if self.is_built and is_emulated():
            yield (
                "streamImage is 'build', and the sandbox builds no image; allowed: the address of any image, by digest"
            )
        if self.stream_extras and not self.is_deployed:
            yield "streamExtras names what the image of the streaming endpoint has, and streamImage names no image"

    def image(self, architecture: str) -> ImageRef:
        """The image that is there already."""
        return {"uri": self.stream_image, "architecture": architecture, **STREAMING}

    def build_args(self, packages: Mapping[str, CodeRef], home: Path, tags: Mapping[str, str]) -> ContainerImageArgs:
        """Of the image that is built from these packages, by name."""
        args: ContainerImageArgs = {
            "package": packages["streaming"],
            "home": str(home),
            "entry_point": STREAMING["entry_point"],
            "command": STREAMING["command"],
            "working_directory": STREAMING["working_directory"],
            "tags": {**tags},
        }
        if LANCEDB in self.stream_extras:
            args["extra"] = packages[LANCEDB]
        return args

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
            "variables": {environment.DOCUMENT_SEARCH: LANCEDB} if LANCEDB in self.stream_extras else {},
        }


def _extra_problem(given: str) -> str:
    return "" if given in EXTRAS else f"allowed: {', '.join(EXTRAS)}"


def _image_problem(given: str, region: str) -> str:
    if given in {"", BUILD}:
        return ""
    problems = function_image_problems("", given, region)
    return f"{problems[0].partition('; ')[2]}; or build, or nothing" if problems else ""
