"""Secrets of sinks: read from where the settings say, and kept out of whatever is written."""

from __future__ import annotations

import logging
import os
import re
from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote, urlsplit

from producers.errors import UsageError
from producers.kafka.settings import Secret

MASK = "***"
SHORTEST = 6
"""Fewer letters are not looked for: they would be found in every other word."""
SHORTEST_PATH = 16
"""A path of a URL may be `/hooks`; those that are secrets are long."""

_LOOKS_SECRET = re.compile(
    r"(?<=/bot)\d+:[\w-]+"  # Telegram's token stands in the path
    r"|(?<=/api/webhooks/)\d+/[\w-]+"
    r"|(?<=hooks\.slack\.com/)[\w/-]+"
    r"|\bxox[a-z]-[\w-]+"
    r"|\bwhsec_[\w+/=-]+"
    r"|(?<=://)[^\s/@]+(?=@)"
    r"|\b\d{6,}:[\w-]{20,}"  # Telegram's token by itself
)
"""What is recognised though nobody named it: pasted into a wrong setting, or repeated by a remote."""

_PASTED = re.compile(
    r"\d{6,}:[\w-]{10,}"
    r"|(?:^|/)(?:xox[a-z]?-|whsec_)"
    r"|(?:^|/)[A-Za-z][A-Za-z0-9+.-]+:/"  # an address; beside a folder it has one slash
    r"|(?:^|/)(?=(?:[A-Za-z]*\d){3})[A-Za-z0-9]{20,}$"  # a key of nothing but letters and digits
)
"""What nobody calls a file or a variable."""

_known: set[str] = set()


class SecretError(UsageError):
    """A secret that cannot be read; the message says where it was looked for."""


def read_secret(what: str, *, file: str | None, env: str | None, environ: Mapping[str, str] | None = None) -> Secret:
    """The words in the file, or in the variable where no file is named; `redact` knows them from now on.

    Raises
    ------
    SecretError
        Nothing is there, or it cannot be read. The message names `what`, the place, and never its content.
    """
    if file is not None:
        place = f"{what}_file {file}"
        try:
            text = Path(file).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "not UTF-8"
        else:
            why = ""
        # Outside of the clause: what could not be decoded is part of that error.
        if why:
            raise SecretError(f"{place}: {why}")
    elif env is not None:
        place = f"the variable {env} that {what}_env names"
        text = (os.environ if environ is None else environ).get(env, "")
    else:
        raise SecretError(f"set {what}_file, the path of a file, or {what}_env, the name of a variable")
    # Editors end a file with a newline, and no secret does.
    text = text.strip()
    if not text:
        raise SecretError(f"{place} is empty{'' if file is not None else ' or not set'}")
    return keep_secret(text)


def looks_secret(name: str) -> bool:
    """Whether what is said to be a file or a variable rather is the secret that should be in it.

    >>> looks_secret("secrets/telegram"), looks_secret("/etc/cascade/xoxb-1-2-abc")
    (False, True)
    """
    return _PASTED.search(name) is not None


def keep_secret(text: str) -> Secret:
    """Have `redact` know it, and its lines, in the forms in which it may be repeated."""
    for line in {text, *text.split()}:
        forms = {line, quote(line, safe=""), quote(line), b64encode(line.encode()).decode()}
        forms |= _parts(line)
        _known.update(form for form in forms if len(form) >= SHORTEST)
    return Secret(text)


def _parts(line: str) -> set[str]:
    """Of an address, what may be repeated by itself: a client's error names the path alone."""
    try:
        parts = urlsplit(line)
    except ValueError:
        return set()
    if not parts.netloc:
        return set()
    long = {part for part in (parts.path.strip("/"), parts.query) if len(part) >= SHORTEST_PATH}
    return long | {parts.username or "", parts.password or ""}


def redact(text: str) -> str:
    """The text without any secret that was read, and without what looks like one.

    >>> redact("POST https://api.telegram.org/bot123456:AAH-x/sendMessage")
    'POST https://api.telegram.org/bot***/sendMessage'
    """
    # The longest first: one may begin as another does.
    for secret in sorted(_known, key=len, reverse=True):
        text = text.replace(secret, MASK)
    return _LOOKS_SECRET.sub(MASK, text)


class RedactingFilter(logging.Filter):
    """Of a handler, not of a logger: a logger's filter does not see what comes from the loggers below it."""

    _formatter = logging.Formatter()

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether it may be written: always, without secrets."""
        record.msg, record.args = redact(record.getMessage()), None
        if record.exc_info:
            record.exc_text = record.exc_text or self._formatter.formatException(record.exc_info)
            record.exc_info = None
        if record.exc_text:
            record.exc_text = redact(record.exc_text)
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return True


def redact_logs() -> None:
    """Have all that writes down what is logged so far do so without secrets."""
    for handler in (*logging.getLogger().handlers, logging.lastResort):
        if handler is not None and not any(isinstance(known, RedactingFilter) for known in handler.filters):
            handler.addFilter(RedactingFilter())
