"""Addresses of container images: registry, repository, tag and digest."""


def is_pinned(address: str) -> bool:
    """Whether an address names one image for ever, or at least by a tag that is meant: with a digest, or with a tag
    that is not `latest`."""
    if "@" in address:
        return True
    tag = address.rpartition("/")[2].partition(":")[2]
    return tag not in {"", "latest"}
