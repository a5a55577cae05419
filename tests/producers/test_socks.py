from __future__ import annotations

from aiohttp_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError

from producers.proxy import Proxy
from producers.socks import SOCKS_ERRORS, failure_of, socks_connector

PROXY = Proxy(url="socks5h://ann:s3cret@gate.example:1080", name="socks5h://gate.example:1080")
ERRORS = (ProxyError("no", error_code=2), ProxyConnectionError("refused"), ProxyTimeoutError("late"))


async def test_a_connector_has_no_bound_of_its_own() -> None:
    """Whoever calls bounds how much is asked at once; a second bound would hold up a replay."""
    connector = socks_connector(PROXY)
    assert connector.limit == 0
    await connector.close()


def test_each_error_of_the_library_is_a_sentence() -> None:
    """An error that nobody catches would end the whole run."""
    assert set(SOCKS_ERRORS) == {ProxyError, ProxyConnectionError, ProxyTimeoutError}
    failures = [failure_of(error, PROXY) for error in ERRORS]
    assert [failure.refused for failure in failures] == [True, False, False]
    assert all("s3cret" not in failure.message for failure in failures)
