"""URLs of databases: passwords hidden before anyone sees them, and scratch URLs as a driver wants them."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, quote, urlencode

STARS = "***"

# A URL inside a text ends at white space, or where the next one starts.
_URL = re.compile(r"(?P<scheme>[A-Za-z][\w+.-]*://)(?P<rest>(?:(?![A-Za-z][\w+.-]*://)\S)*)")
_PARAMETER = re.compile(
    r"(?i)\b(?P<name>(?:ssl)?password|passwd|passphrase|pwd)(?P<sign>\s*=\s*)"
    r"(?:'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|[^\s&'\"]+)"
)
_ITEM = re.compile(
    r"(?i)(?P<name>(?P<quote>['\"])(?:(?:ssl)?password|passwd|passphrase|pwd)(?P=quote)\s*:\s*)"
    r"(?:'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|[^\s,}]+)"
)
_HOST_AND_PORT = re.compile(r"[^:/?@]*:\d*(?:[/?#]|$)")


def hidden(url: str) -> str:
    """The URL or libpq DSN with `***` for each password, whether beside the user or in the query string."""
    scheme, separator, rest = url.partition("://")
    return _without_parameters(scheme + separator + _without_userinfo(rest) if separator else url)


def hide_in(text: str) -> str:
    """A longer text, such as an error message, with the passwords of all URLs and DSNs in it hidden."""
    return _without_parameters(_URL.sub(lambda url: url["scheme"] + _without_userinfo(url["rest"]), text))


def with_driver(url: str, drivername: str) -> str:
    """A scratch URL for another driver of the same dialect: `postgresql+asyncpg`, `sqlite+aiosqlite`."""
    _, _, rest = url.partition("://")
    before, question, query = rest.partition("?")
    if drivername == "postgresql+pg8000" and question:
        # pg8000 takes the path of the socket itself, where libpq takes its folder.
        options = dict(parse_qsl(query))
        if options.get("host", "").startswith("/"):
            port = options.pop("port", "5432")
            options["unix_sock"] = f"{options.pop('host')}/.s.PGSQL.{port}"
        rest = f"{before}?{urlencode(options, quote_via=quote, safe='/')}"
    return f"{drivername}://{rest}"


def _without_userinfo(rest: str) -> str:
    """What follows `://`. A password may hold `@`, `/` or `?` unescaped: rather hide too much than too little."""
    end = rest.partition("?")[0].rfind("@")
    if end < 0 and not _HOST_AND_PORT.match(rest):
        end = rest.rfind("@")
    user, colon, _ = rest[: max(end, 0)].partition(":")
    return f"{user}:{STARS}{rest[end:]}" if colon else rest


def _without_parameters(text: str) -> str:
    text = _PARAMETER.sub(lambda found: f"{found['name']}{found['sign']}{STARS}", text)
    return _ITEM.sub(lambda found: f"{found['name']}'{STARS}'", text)
