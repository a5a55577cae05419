"""What listens at an address: asks the first question of Kafka's protocol and reads the answer with suspicion.

A client of Kafka that meets something else waits for a gigabyte that never comes, or dies of a traceback.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import threading
from contextlib import suppress

from producers.kafka.errors import BrokerError

API_VERSIONS = 18
CORRELATION = 0x43415343
LARGEST_ANSWER = 1 << 16
"""Kafka 4.3 answers with less than 500 bytes."""

NEEDED = {0: 7, 1: 10}
"""The lowest maximum of produce and fetch that serves: the first that carry zstd."""
OLDEST = "2.1"
"""The Kafka that brought both."""


async def probe(host: str, port: int, *, tls: ssl.SSLContext | None, client_id: str, within_s: float) -> None:
    """Return if a Kafka that is new enough listens there.

    Raises
    ------
    BrokerError
        Says what is there instead, at the latest after `within_s`.
    """
    where = f"Kafka at {host}:{port}"
    try:
        async with asyncio.timeout(within_s):
            answer = await _ask(host, port, tls, client_id, where)
    except TimeoutError:
        raise BrokerError(f"{where}: no answer within {within_s:g} s") from None
    versions = _versions(answer)
    if versions is None:
        raise BrokerError(f"{where}: something answers there, but not as Kafka does")
    if any(versions.get(key, -1) < lowest for key, lowest in NEEDED.items()):
        raise BrokerError(f"{where}: it is older than {OLDEST}, the first Kafka that we can work with")


async def _ask(host: str, port: int, tls: ssl.SSLContext | None, client_id: str, where: str) -> bytes:
    try:
        reader, writer = await _connect(host, port, tls)
    except socket.gaierror as error:
        raise BrokerError(f"{where}: the name does not resolve ({error.strerror})") from None
    except ConnectionRefusedError:
        raise BrokerError(f"{where}: connection refused, nobody listens there") from None
    except ssl.SSLCertVerificationError as error:
        raise BrokerError(f"{where}: its certificate is refused ({error.verify_message}): see ssl_cafile") from None
    except (ssl.SSLError, ConnectionResetError) as error:
        raise BrokerError(f"{where}: no TLS with what listens there ({_reason(error)})") from None
    except OSError as error:
        raise BrokerError(f"{where}: {_reason(error)}") from None
    try:
        writer.write(_question(client_id))
        return await _answer(reader)
    except (OSError, asyncio.IncompleteReadError) as error:
        tells = f"it closed the connection ({_reason(error)})" if isinstance(error, ssl.SSLError) else "it hung up"
        hint = "it may want a certificate of ours" if tls else "or it speaks TLS (security_protocol)"
        raise BrokerError(f"{where}: {tells} when asked as Kafka is: not Kafka, or older than 0.10, {hint}") from None
    except _SpeaksOtherwise as speech:
        raise BrokerError(f"{where}: {speech}") from None
    finally:
        writer.transport.abort()


async def _connect(
    host: str, port: int, tls: ssl.SSLContext | None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """To the first of the host's addresses that takes us."""
    refusal: OSError | None = None
    for address in await _resolve(host, port):
        try:
            return await asyncio.open_connection(address, port, ssl=tls, server_hostname=host if tls else None)
        except OSError as error:
            refusal = error
    raise refusal or socket.gaierror(socket.EAI_NONAME, "no address")


async def _resolve(host: str, port: int) -> list[str]:
    """Addresses of a host. In a thread that nobody waits for: a name server that is silent would otherwise hold up the
    end of the program, long after we have given up on it.
    """
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[str]] = loop.create_future()

    def settle(result: list[str] | OSError) -> None:
        if found.done():
            return
        if isinstance(result, OSError):
            found.set_exception(result)
        else:
            found.set_result(result)

    def look_up() -> None:
        result: list[str] | OSError
        try:
            infos = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            result = list(dict.fromkeys(str(info[4][0]) for info in infos))
        except UnicodeError:  # an empty label, or one of more than 63 letters
            result = socket.gaierror(socket.EAI_NONAME, "not a name")
        except OSError as error:
            result = error
        with suppress(RuntimeError):  # the loop is gone, and with it whoever asked
            loop.call_soon_threadsafe(settle, result)

    threading.Thread(target=look_up, name=f"resolve {host}", daemon=True).start()
    return await found


class _SpeaksOtherwise(Exception):
    """The first bytes are those of another protocol."""


def _question(client_id: str) -> bytes:
    """An ApiVersions request of version 0, which every Kafka since 0.10 answers, before any login."""
    name = client_id.encode()
    body = struct.pack(">hhih", API_VERSIONS, 0, CORRELATION, len(name)) + name
    return struct.pack(">i", len(body)) + body


async def _answer(reader: asyncio.StreamReader) -> bytes:
    start = await reader.readexactly(4)
    if start == b"HTTP":
        raise _SpeaksOtherwise("an HTTP server listens there")
    if start[0] in (0x15, 0x16) and start[1] == 0x03:
        raise _SpeaksOtherwise("it speaks TLS: security_protocol has to be SSL or SASL_SSL")
    (size,) = struct.unpack(">i", start)
    if not 0 < size <= LARGEST_ANSWER:
        raise _SpeaksOtherwise("something answers there, but not as Kafka does")
    return await reader.readexactly(size)


def _versions(answer: bytes) -> dict[int, int] | None:
    """The highest version of each kind of request; None where the answer makes no sense."""
    header = struct.Struct(">ihi")
    if len(answer) < header.size:
        return None
    correlation, _error, count = header.unpack_from(answer)
    entries = answer[header.size : header.size + 6 * count] if count > 0 else b""
    if correlation != CORRELATION or count < 0 or len(entries) != 6 * count:
        return None
    return {key: highest for key, _lowest, highest in struct.iter_unpack(">hhh", entries)}


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLError) and error.reason:
        return error.reason.lower().replace("_", " ")
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
