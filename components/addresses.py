"""Addresses that agents and their runtimes call: their form, and whether AWS can reach them."""

import ipaddress
import json
import re
import socket
from typing import Final
from urllib.parse import SplitResult, urlsplit

from pulumi_aws import config

TRACES_PATH: Final = "/v1/traces"
_OTHER_SIGNALS: Final = ("/v1/metrics", "/v1/logs")
_MODEL_CALLS: Final = ("/chat/completions", "/completions", "/responses", "/messages", "/embeddings", "/models")
"""Paths of calls, which the client itself appends to the API's base URL."""

_LANGFUSE_PATH: Final = "/api/public/otel"
_AMAZON: Final = re.compile(r"(?:.+\.)?(?:amazonaws\.com(?:\.cn)?|api\.aws|api\.amazonwebservices\.com\.cn)")
_HOST: Final = re.compile(r"(?=.{1,253}\Z)\w(?:[\w.-]*\w)?\.?")
_LOCAL_HOSTS: Final = re.compile(r"localhost|.*\.localhost|localhost\.localdomain|host\.docker\.internal|.*\.local")
_HTTP: Final = "give an http or https URL"
_SHOWN: Final = 120
"""Characters of a URL that a message repeats."""

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_emulated() -> bool:
    """Whether the AWS provider calls an emulator, by aws:endpoints: what runs there reaches this machine's network."""
    try:
        groups = json.loads(config.endpoints or "[]")
    except ValueError:
        return False
    urls = [url for group in groups if isinstance(group, dict) for url in group.values() if isinstance(url, str)]
    hosts = [parts.hostname or "" for url in urls if (parts := _parts(url)) is not None]
    return any(not _AMAZON.fullmatch(host) for host in hosts)


def shown(url: str) -> str:
    """The URL without the parts in which a secret may be: user, password, query."""
    parts = _parts(url)
    if parts is None or "@" in url or parts.query:
        place = "" if parts is None or not parts.hostname else f" of {parts.hostname}"
        return f"an address{place} with more than host and path"
    return repr(url if len(url) <= _SHOWN else f"{url[:_SHOWN]}...")


def model_url_problem(url: str, *, is_private_network: bool = False) -> str:
    """What is wrong with the base URL of an OpenAI-compatible API; empty if nothing is, or if there is no URL."""
    if not url:
        return ""
    if problem := _form_problem(url, query=False):
        return problem
    path = urlsplit(url).path.rstrip("/")
    ending = next((ending for ending in _MODEL_CALLS if path.endswith(ending)), None)
    if ending:
        return f"give the API's base URL without {ending}, which the client appends, such as https://api.example.com/v1"
    if urlsplit(url).hostname == "api.openai.com" and not path:
        return "give https://api.openai.com/v1, or leave it empty, which means the same"
    return reach_problem(url, is_private_network=is_private_network)


def mcp_url_problem(url: str, *, is_private_network: bool = False) -> str:
    """What is wrong with the URL of an MCP server; empty if nothing is. The runtime reads a list with commas."""
    if "," in url:
        return f"{_HTTP} without a comma"
    return _form_problem(url) or reach_problem(url, is_private_network=is_private_network)


def traces_url_problem(url: str, *, is_private_network: bool = False) -> str:
    """What is wrong with the address of a collector; empty if nothing is, or if there is no address."""
    if not url:
        return ""
    if problem := _form_problem(url, query=False):
        return problem
    base = urlsplit(traces_base(url))
    path = base.path.rstrip("/")
    ending = next((ending for ending in _OTHER_SIGNALS if path.endswith(ending)), None)
    if ending:
        return f"give the collector's address without {ending}; spans are sent to {TRACES_PATH} below it"
    host = base.hostname or ""
    is_cloud = host == "langfuse.com" or host.endswith(".langfuse.com")
    if (is_cloud and path != _LANGFUSE_PATH) or ("langfuse" in host.split(".") and not path):
        return f"Langfuse receives spans at {base.scheme}://{base.netloc}{_LANGFUSE_PATH}; give that address"
    return reach_problem(url, is_private_network=is_private_network)


def origin_problem(origin: str) -> str:
    """What is wrong with an origin whose pages may call; empty if nothing is."""
    if origin == "*":
        return ""
    parts = _parts(origin)
    is_origin = parts is not None and parts.scheme in {"http", "https"} and bool(parts.hostname)
    if not is_origin or parts is None or origin != f"{parts.scheme}://{parts.netloc}" or "@" in origin or "," in origin:
        return "give scheme, host and port alone, such as https://app.example.com, or * for every page"
    # Browsers send it so, and it is compared as a text.
    return "" if origin == origin.lower() else f"give {origin.lower()}, as browsers send it"


def url_template_problem(template: str) -> str:
    """What is wrong with the template of the addresses of function URLs; empty if nothing is, or if there is none."""
    if not template:
        return ""
    parts = _parts(template)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        return f"{_HTTP} with {{urlId}} in it"
    if "@" in parts.netloc or parts.query or parts.fragment or " " in template:
        return "give a URL of host and path alone"
    if template.count("{") != 1 or "{urlId}" not in template:
        return "give the place of the URL's id as {urlId}, once, and no other placeholder"
    return ""


def traces_base(url: str) -> str:
    """The collector's address as exporters read it from OTEL_EXPORTER_OTLP_ENDPOINT: they append /v1/traces."""
    return url.rstrip("/").removesuffix(TRACES_PATH)


def reach_problem(url: str, *, is_private_network: bool = False) -> str:
    """What keeps a function or a session in AWS from calling the address safely; empty in an emulator.

    `is_private_network`: it runs in the user's own VPC, where private addresses, and plain http to them, are usual.
    """
    if is_emulated():
        return ""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    address = ip_address(host)
    if _LOCAL_HOSTS.fullmatch(host) or (address is not None and _is_own_machine(address)):
        return (
            f"in AWS, {host} is the calling machine itself or its metadata; give an address that AWS can reach, or use "
            "the sandbox (longrun up), where this one works"
        )
    if is_private_network:
        return ""
    if (address is None and "." not in host) or (address is not None and not address.is_global):
        return f"{host} is no public address, and what runs outside a VPC cannot reach it; give a public address"
    return "" if parts.scheme == "https" else "give an https URL: with http, anybody on the way reads the conversation"


def ip_address(host: str) -> IpAddress | None:
    """The address that a host is, in any form that a resolver accepts: 127.1, 2130706433, ::ffff:127.0.0.1."""
    try:
        address: IpAddress = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return _short_form(host)
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _short_form(host: str) -> IpAddress | None:
    try:
        return ipaddress.IPv4Address(socket.inet_aton(host)) if host[:1].isdigit() and " " not in host else None
    except OSError:
        return None


def _is_own_machine(address: IpAddress) -> bool:
    return address.is_loopback or address.is_unspecified or address.is_link_local


def _form_problem(url: str, *, query: bool = True) -> str:
    if not url.isprintable() or any(character in url for character in ' \\<>"{}|^`'):
        return f"{_HTTP} without blanks and special characters"
    parts = _parts(url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        return _HTTP
    if "@" in parts.netloc:
        return "give the URL without user and password; a key belongs into AWS Secrets Manager"
    if not (_HOST.fullmatch(parts.hostname) or ip_address(parts.hostname)):
        return f"{_HTTP} with a valid host"
    if parts.fragment or (parts.query and not query):
        return f"{_HTTP} without a {'fragment' if parts.fragment else 'query'}"
    return ""


def _parts(url: str) -> SplitResult | None:
    """The parts of a URL; None if a port or an address in it is not valid."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts
