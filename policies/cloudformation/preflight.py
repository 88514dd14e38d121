"""The rules of cdk-preflight that are about given resource types, read from the installed distribution.

They lie in a packaged archive whose layout no one guarantees: only the one release that was reviewed is read.
"""

import hashlib
import json
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any, Final, Self

from policies.cloudformation.engine import Module, UnavailableError

DISTRIBUTION: Final = "cdk-preflight"
VERSION: Final = "1.9.1"
ARCHIVE: Final = f"cdk_preflight/_jsii/cdk-preflight@{VERSION}.jsii.tgz"
SHA256: Final = "01de961e4b2c3a5027ae70b6543dcd0f0692d711024849edcd31f65e60039ae4"
UNPACKED: Final = 14_000_000
"""Bytes of the archive up to the end of the rules; a source map that no one needs follows."""
RULES: Final = b"exports.BUNDLED_RULES = ["
LIBRARY: Final = b"exports.BUNDLED_LIBS = ["
END: Final = b"\n];"
TAGS: Final = "tags"

PACKAGE: Final = "package cdk_preflight\n\nimport rego.v1\n"
HEADER: Final = re.compile(r"^(?:package|import)\s.*\n", re.MULTILINE)
REGION: Final = re.compile(r"[a-z]{2}(-[a-z]+)+-\d+")


@dataclass(frozen=True, slots=True)
class Rule:
    """One published rule. `types` are CloudFormation's; `proven` is whether its authors saw AWS reject it."""

    id: str
    service: str
    title: str
    types: frozenset[str]
    proven: bool
    superseded: bool
    source: str

    @property
    def is_regional(self) -> bool:
        """Whether it compares with the region of the deployment."""
        return "deploy_region" in self.source

    @classmethod
    def read(cls, given: Mapping[str, Any]) -> Self:
        return cls(
            id=given["id"],
            service=given["service"],
            title=given["title"],
            types=frozenset(given["resourceTypes"]),
            proven=given["severity"] == "ERROR",
            superseded="supersededBy" in given,
            source=given["rego"],
        )


@dataclass(frozen=True, slots=True)
class RuleBase:
    """Every rule of the release, and the functions that the rules share."""

    rules: tuple[Rule, ...]
    library: tuple[str, ...]

    def of(self, types: Iterable[str]) -> tuple[Rule, ...]:
        """The rules about these resource types and about the tags of any, but for those that AWS's engine has too."""
        present = frozenset(types)
        about = (rule for rule in self.rules if rule.types & present or rule.service == TAGS)
        return tuple(rule for rule in about if not rule.superseded)

    def modules(self, rules: Iterable[Rule], region: str | None) -> tuple[Module, ...]:
        """The source for the engine, one module a service: compilation costs by the module, not by the rule."""
        services: dict[str, list[str]] = defaultdict(list)
        for rule in rules:
            services[rule.service].append(_body(rule.source))
        if not services:
            return ()
        modules = [Module(service, PACKAGE + "\n".join(bodies)) for service, bodies in services.items()]
        modules.append(Module("library", PACKAGE + "\n".join(_body(source) for source in self.library)))
        if region and REGION.fullmatch(region):
            modules.append(Module("region", f"{PACKAGE}\ndeploy_region := {json.dumps(region)}\n"))
        return tuple(modules)


def read_rules() -> RuleBase:
    """Takes about 0.1 s. UnavailableError where the distribution is missing or is another release."""
    try:
        installed = distribution(DISTRIBUTION)
    except PackageNotFoundError:
        raise UnavailableError(f"{DISTRIBUTION} is not installed", _remedy()) from None
    packed = _archive(installed)
    if installed.version != VERSION or packed is None or hashlib.sha256(packed).hexdigest() != SHA256:
        found = f"{DISTRIBUTION} {installed.version} is not the release whose rules were reviewed ({VERSION})"
        raise UnavailableError(found, _remedy())
    text = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16).decompress(packed, UNPACKED)
    return RuleBase(
        rules=tuple(Rule.read(rule) for rule in _table(text, RULES)),
        library=tuple(part["rego"] for part in _table(text, LIBRARY)),
    )


def _archive(installed: Distribution) -> bytes | None:
    path = next((path for path in installed.files or () if str(path) == ARCHIVE), None)
    try:
        return path.read_binary() if path else None
    except OSError:
        return None


def _remedy() -> str:
    return f"Install it with `pip install --no-deps {DISTRIBUTION}=={VERSION}`"


def _table(text: bytes, start: bytes) -> list[dict[str, Any]]:
    begin = text.index(start) + len(start) - 1
    table: list[dict[str, Any]] = json.loads(text[begin : text.index(END, begin) + len(END) - 1])
    return table


def _body(source: str) -> str:
    return HEADER.sub("", source)
