"""The settings of the traced function."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pulumi

from components.addresses import url_template_problem
from components.functions.function_url import AUTHORIZATIONS
from components.stack_config.options import LoggedOptions
from components.stack_config.reader import ConfigReader
from components.stack_config.validators import agent_problem
from components.traced_function.args import CONCURRENCY, TracedFunctionArgs
from components.traced_function.services import AWS_SERVICES
from policies.rules.aws_limits import Range
from policies.rules.regions import WITHOUT_FUNCTION_URLS

_SERVICE: Final = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")
TRACED_RANGES: Final[Mapping[str, Range]] = {"tracedConcurrency": CONCURRENCY}


@dataclass(frozen=True, slots=True)
class TracedSettings:
    """The keys of the traced function."""

    traced_function: bool
    traced_agent: str
    traced_services: tuple[str, ...]
    traced_authorization: str
    traced_concurrency: int
    traced_content: bool
    function_url: str

    @property
    def is_deployed(self) -> bool:
        """Whether the stack has the function."""
        return self.traced_function

    @property
    def aws_services(self) -> tuple[str, ...]:
        """Those that its own package knows."""
        return tuple(sorted({*AWS_SERVICES, *self.traced_services}))

    def has_own_package(self, agents: Sequence[str]) -> bool:
        """Whether its agent is none of the stack's others, whose package has what they need."""
        return self.is_deployed and self.traced_agent not in agents

    def lock(self, provider: str) -> str:
        """The locked requirements of its own package, which have the client of that provider's models only."""
        return "traced-openai" if provider == "openai" else "traced"

    @classmethod
    def read(cls, reader: ConfigReader, region: str, root: Path) -> "TracedSettings":
        is_wanted, has_urls = reader.flag("tracedFunction"), region not in WITHOUT_FUNCTION_URLS
        if is_wanted and not has_urls:
            pulumi.log.warn(f"The stack has no traced function: Lambda has no function URLs in {region}")
        return cls(
            traced_function=is_wanted and has_urls,
            traced_agent=reader.text("tracedAgent", lambda name: agent_problem(root, name)),
            traced_services=reader.texts("tracedServices", _service_problem),
            traced_authorization=reader.choice("tracedAuthorization", AUTHORIZATIONS),
            traced_concurrency=reader.integer("tracedConcurrency", TRACED_RANGES["tracedConcurrency"]),
            traced_content=reader.flag("tracedContent"),
            function_url=reader.text("functionUrl", url_template_problem),
        )

    def args(self, wiring: TracedFunctionArgs, endpoint: str, logged: LoggedOptions) -> TracedFunctionArgs:
        """The wiring with the choices of this stack; `endpoint` is the collector's."""
        return {
            **wiring,
            "agent": self.traced_agent,
            "authorization": self.traced_authorization,
            "reserved_concurrency": self.traced_concurrency,
            "traces_content": self.traced_content,
            "traces_endpoint": endpoint,
            "url": self.function_url,
            **logged,
        }


def _service_problem(name: str) -> str:
    return "" if _SERVICE.fullmatch(name) else "give a service as boto3.client takes it, such as athena"
