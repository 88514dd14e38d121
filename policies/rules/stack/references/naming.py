"""The naming of a stack: by what its names begin, so that a name without a resource can be told from an outside one."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from policies.rules.rule import Stack
from policies.rules.values import text

_WORDS: Final = re.compile(r"[A-Za-z0-9]+")
_NAMES: Final = ("name", "bucket", "agentRuntimeName", "family", "namePrefix", "bucketPrefix")
_PROJECT: Final = 1
_SHORTEST: Final = 3
"""Characters of a prefix that identifies a stack."""

_GENERAL: Final = frozenset(
    {
        *("access", "account", "agent", "agents", "app", "aws", "bucket", "code", "common"),
        *("company", "core", "default", "dev", "function", "iam", "infra", "lambda", "logs"),
        *("main", "org", "platform", "policy", "prod", "production", "role", "sam", "service"),
        *("shared", "stage", "staging", "task", "test", "the"),
    }
)
"""Words by which names of many stacks begin."""


@dataclass(frozen=True, slots=True)
class Naming:
    """`prefixes` are words by which the names of several resources of the stack begin, and the project's name."""

    prefixes: frozenset[tuple[str, ...]]

    @classmethod
    def of(cls, stack: Stack) -> "Naming":
        bearers: dict[tuple[str, ...], set[str]] = defaultdict(set)
        prefixes: set[tuple[str, ...]] = set()
        for resource in stack.resources:
            parts = resource.urn.split("::")
            if len(parts) > _PROJECT:
                prefixes.add(_words(parts[_PROJECT]))
            if resource.type.startswith("aws:"):
                given = [text(resource.properties, prop) for prop in _NAMES]
                for name in [name for name in given if name] or [resource.name]:
                    words = _words(name)
                    bearers[words[: _identifying(words)]].add(name)
        prefixes |= {words for words, names in bearers.items() if len(names) > 1}
        return cls(frozenset(words for words in prefixes if _is_identifying(words)))

    def is_own(self, name: str) -> bool:
        """Whether a name, ARN or URL begins like the stack's own."""
        words = _words(re.split("[:/]", name)[-1])
        return any(words[: len(prefix)] == prefix for prefix in self.prefixes)


def _words(name: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in _WORDS.findall(name))


def _identifying(words: tuple[str, ...]) -> int:
    """The number of words up to the first that is not general."""
    return next((count for count, word in enumerate(words, 1) if word not in _GENERAL), len(words))


def _is_identifying(words: Iterable[str]) -> bool:
    return any(word not in _GENERAL and len(word) >= _SHORTEST for word in words)
