"""Names of a server's tools for the agent: MCP takes names that models do not."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final

from runtime.engine.tools.registration import VALID_NAME, same_name

_LONGEST: Final = 64
_INVALID: Final = re.compile(r"[^a-zA-Z0-9_-]")
_HASH_LENGTH: Final = 8


def agent_names(names: Sequence[str]) -> Mapping[str, str]:
    """The agent's name for each of a server's tools, by the server's name. Valid names stay. Others get _ in place of
    what is invalid, and a hash of the whole name where they are cut or would be the same as another tool's. They depend
    neither on the order of the tools nor on other servers."""
    replaced = {name: _INVALID.sub("_", name) for name in names}
    shared = Counter(same_name(short) for short in replaced.values())

    def final(name: str, short: str) -> str:
        is_alone = shared[same_name(short)] == 1 or name == same_name(short)
        return short if is_alone and VALID_NAME.fullmatch(short) and short.strip("_") else _hashed(name, short)

    return {name: final(name, short) for name, short in replaced.items()}


def _hashed(name: str, short: str) -> str:
    digest = sha256(name.encode(errors="replace")).hexdigest()[:_HASH_LENGTH]
    return f"{short[: _LONGEST - _HASH_LENGTH - 1]}_{digest}"
