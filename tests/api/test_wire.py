"""What comes over a socket, however broken: an answer, never a fault of ours, never silence; the log repeats nothing.

What is no HTTP is answered by the server itself, in plain text (`PLAIN`), before the application hears of it.
"""

import asyncio
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.access.credentials import create_key, create_practice

PROJECT = Path(__file__).parents[2]
CANARY = b"JaneRoe1950"
PLAIN, PROBLEM, JSON = "text/plain; charset=utf-8", "application/problem+json", "application/json"
OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA\r\n"


class Answer(NamedTuple):
    status: int
    media_type: str | None
    body: bytes


class Served:
    """A service of its own, as `serve` starts it, spoken to in bytes."""

    def __init__(self, port: int, key: str) -> None:
        self.port = port
        self.key = key.encode()

    def get(self, path: bytes, headers: bytes = b"") -> bytes:
        return (
            b"GET " + path + b" HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + self.key + b"\r\n" + headers
            + b"Connection: close\r\n\r\n"
        )  # fmt: skip

    def post(self, headers: bytes, body: bytes = b"") -> bytes:
        return (
            b"POST /v1/facts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nAuthorization: Bearer "
            + self.key + b"\r\n" + headers + b"\r\n" + body
        )  # fmt: skip

    async def ask(self, *parts: bytes, end: bool = False) -> list[Answer]:
        """The answers to some bytes, sent in these parts; `end`: then the sender's side is closed."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        got = b""
        try:
            for part in parts:
                writer.write(part)
                await writer.drain()
                await asyncio.sleep(0.05 if len(parts) > 1 else 0)
            if end:
                writer.write_eof()
        except OSError:
            pass  # answered and closed before all was said
        try:
            async with asyncio.timeout(20):
                while received := await reader.read(65_536):
                    got += received
        except ConnectionResetError:
            pass
        finally:
            writer.close()
        return list(answers(got))


def answers(got: bytes) -> Any:
    while got:
        head, _, got = got.partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        headers = {
            name.lower(): value for name, _, value in (line.partition(b": ") for line in head.split(b"\r\n")[1:])
        }
        length = int(headers.get(b"content-length", b"0"))
        media_type = headers.get(b"content-type")
        if status != 100:
            yield Answer(status, None if media_type is None else media_type.decode(), got[:length])
        got = got[length:]


@pytest.fixture(scope="module")
async def served(database_url: str, owner_engine: AsyncEngine) -> AsyncIterator[Served]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    key = await create_key(owner_engine, await create_practice(owner_engine, "Practice on a wire"), "ehr")
    started = subprocess.Popen(  # noqa: ASYNC220 - nothing else goes on meanwhile
        [sys.executable, "-m", "app", "serve"],
        cwd=PROJECT, env=os.environ | {"DATABASE_URL": database_url, "PORT": str(port), "LOG_LEVEL": "info"}, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert started.stderr is not None
    log = []
    for line in started.stderr:
        log.append(line)
        if b"startup complete" in line:
            break
    _await_listening(port)  # the application is ready a moment before its port is
    yield Served(port, key)
    started.terminate()
    log.append(started.communicate(timeout=30)[1])
    written = b"".join(log)
    assert started.returncode == 0, written
    assert b"ERROR" not in written
    assert CANARY not in written


def _await_listening(port: int) -> None:
    for _ in range(100):
        with suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)
    raise AssertionError("nothing listens")


NO_HTTP = {
    "words": CANARY + b" says hello\r\n\r\n",
    "no version": b"GET\r\n\r\n",
    "another version": b"GET / HTTP/9.9\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "HTTP/2 preface": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "method in small letters": b"get /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "method nobody has": b"JaneRoe1950 /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "CONNECT": b"CONNECT a:80 HTTP/1.1\r\nHost: x\r\n\r\n",
    "NUL in the path": b"GET /v1/patients/JaneRoe1950\x00/facts HTTP/1.1\r\nHost: x\r\n\r\n",
    "raw byte in the path": b"GET /v1/patients/JaneRoe1950\xff/facts HTTP/1.1\r\nHost: x\r\n\r\n",
    "raw UTF-8 in the path": "GET /v1/patients/JaneRoe1950é/facts HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    "raw byte in the query": b"GET /v1/practice/facts?kind=JaneRoe1950\xff HTTP/1.1\r\nHost: x\r\n\r\n",
    "space in the path": b"GET /v1/patients/Jane Roe1950/facts HTTP/1.1\r\nHost: x\r\n\r\n",
    "NUL in a header": b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: JaneRoe1950\x00\r\n\r\n",
    "header without a colon": b"GET /healthz HTTP/1.1\r\nHost: x\r\nJaneRoe1950\r\n\r\n",
    "folded header": b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\r\n JaneRoe1950\r\n\r\n",
    "space in a header's name": b"GET /healthz HTTP/1.1\r\nHost: x\r\nJaneRoe1950 Y: a\r\n\r\n",
    "bare line feeds": b"GET /healthz HTTP/1.1\nHost: x\n\n",
}


@pytest.mark.parametrize("name", NO_HTTP)
async def test_what_is_no_http_is_refused_by_the_server(served: Served, name: str) -> None:
    (answer,) = await served.ask(NO_HTTP[name])
    assert answer == (400, PLAIN, b"Invalid HTTP request received.")


FRAMES = {
    "two lengths": (b"Content-Length: 2\r\nContent-Length: 3\r\n", b"{}"),
    "one length twice": (b"Content-Length: 2\r\nContent-Length: 2\r\n", b"{}"),
    "a length and chunks": (b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", b"2\r\n{}\r\n0\r\n\r\n"),
    "length below nothing": (b"Content-Length: -1\r\n", b"{}"),
    "length with a sign": (b"Content-Length: +2\r\n", b"{}"),
    "length in words": (b"Content-Length: JaneRoe1950\r\n", b"{}"),
    "length beyond counting": (b"Content-Length: 99999999999999999999999\r\n", b"{}"),
    "chunk without a size": (b"Transfer-Encoding: chunked\r\n", b"JaneRoe1950\r\n{}\r\n"),
    "second chunk without a size": (b"Transfer-Encoding: chunked\r\n", b"2\r\n{}\r\nJaneRoe1950\r\n"),
    "chunk longer than it says": (b"Transfer-Encoding: chunked\r\n", b"2\r\n{}JaneRoe1950"),
    "chunk beyond counting": (b"Transfer-Encoding: chunked\r\n", b"ffffffffffffffffff\r\n{}"),
    "another transfer coding": (b"Transfer-Encoding: gzip\r\n", b"JaneRoe1950"),
    "chunked twice": (b"Transfer-Encoding: chunked, chunked\r\n", b"2\r\n{}\r\n0\r\n\r\n"),
}


@pytest.mark.parametrize("name", FRAMES)
async def test_a_body_framed_badly_is_refused_by_the_server(served: Served, name: str) -> None:
    headers, body = FRAMES[name]
    for parts in ([served.post(headers, body)], [served.post(headers), body]):
        got = await served.ask(*parts)
        assert [(answer.status, answer.media_type) for answer in got] == [(400, PLAIN)]


@pytest.mark.parametrize(
    "head",
    [
        b"GET /v1/patients/" + b"a" * 1_000_000 + b"/facts HTTP/1.1\r\n",
        b"GET /healthz HTTP/1.1\r\nX: " + b"a" * 1_000_000,
        b"GET /healthz HTTP/1.1\r\n" + b"".join(b"X-%d: a\r\n" % number for number in range(100_000)),
    ],
    ids=["path", "header", "headers"],
)
async def test_a_head_without_end_is_not_kept(served: Served, head: bytes) -> None:
    (answer,) = await served.ask(head)
    assert answer == (431, PLAIN, b"The head of the request is too large.")


ADDRESSES = {
    "long path": (b"/v1/patients/" + b"a" * 60_000 + b"/facts", 404),
    "NUL": (b"/v1/patients/a%00b/facts", 404),
    "bytes that are no UTF-8": (b"/v1/patients/%ff/facts", 404),
    "UTF-8 longer than needed": (b"/v1/patients/%c0%af/facts", 404),
    "a lone surrogate": (b"/v1/patients/%ed%a0%80/facts", 404),
    "no percent-encoding": (b"/v1/patients/%zz%/facts", 404),
    "a percent sign alone": (b"/%", 404),
    "an encoded slash": (b"/v1/patients/a%2fb/facts", 404),
    "dots": (b"/v1/../v1/practice/facts", 404),
    "encoded dots": (b"/v1/patients/%2e%2e/facts", 404),
    "line breaks": (b"/v1/patients/a%0d%0aX-Evil:%201/facts", 404),
    "a trailing line break": (b"/v1/patients/a%0a/facts", 404),
    "a month with a trailing line break": (b"/v1/patients/a/months/2026-03%0a/determination", 422),
    "query that is no UTF-8": (b"/v1/practice/facts?kind=%ff", 422),
    "query with NUL": (b"/v1/practice/facts?kind=a%00", 422),
    "query of rubbish": (b"/v1/practice/facts?&&=&%&;=%zz", 422),
    "query with a trailing line break": (b"/v1/practice/facts?limit=5%0a", 422),
    "query of thousands": (b"/v1/practice/facts?" + b"&".join(b"a%d=1" % number for number in range(3_000)), 422),
}


@pytest.mark.parametrize("name", ADDRESSES)
async def test_addresses_nobody_means(served: Served, name: str) -> None:
    path, status = ADDRESSES[name]
    (answer,) = await served.ask(served.get(path))
    assert (answer.status, answer.media_type) == (status, PROBLEM)
    assert json.loads(answer.body)["status"] == status


async def test_headers_nobody_means(served: Served) -> None:
    for headers in (b"X: \xff\xfe\r\n", b"X: " + b"a" * 60_000 + b"\r\n", b"Host: b\r\n", b"X-Request-ID: a\r\n"):
        (answer,) = await served.ask(served.get(b"/healthz", headers))
        assert (answer.status, answer.media_type) == (200, JSON)
    strange = b"GET /v1/practice/facts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\r\nConnection: close\r\n\r\n"
    (answer,) = await served.ask(strange)
    assert (answer.status, answer.media_type) == (401, PROBLEM)


async def test_the_connection_goes_on_after_a_body_that_was_too_long(served: Served) -> None:
    chunks = b"".join(b"10000\r\n" + b" " * 65_536 + b"\r\n" for _ in range(32)) + b"0\r\n\r\n"
    for sent in (
        served.post(b"Transfer-Encoding: chunked\r\n", chunks),
        served.post(b"Content-Length: 2000000\r\n", b" " * 2_000_000),
    ):
        got = await served.ask(sent + served.get(b"/healthz"))
        assert [(answer.status, answer.media_type) for answer in got] == [(413, PROBLEM), (200, JSON)]


async def test_whoever_asks_before_sending_a_body_is_told(served: Served) -> None:
    expecting = b"Expect: 100-continue\r\nConnection: close\r\n"
    (answer,) = await served.ask(served.post(expecting + b"Content-Length: 2\r\n"), b"{}")
    assert answer.status == 422
    # Too large: no body follows, and none is waited for.
    (answer,) = await served.ask(served.post(b"Expect: 100-continue\r\nContent-Length: 20000000\r\n"))
    assert (answer.status, answer.media_type) == (413, PROBLEM)


async def test_a_body_that_breaks_off_is_nobodys_fault(served: Served) -> None:
    await served.ask(served.post(b"Content-Length: 100\r\n"), b'{"id": "JaneRoe1950"', end=True)
    (answer,) = await served.ask(served.get(b"/healthz"))
    assert answer.status == 200


@pytest.mark.parametrize("headers", [b"Content-Length: 2\r\n", b"Transfer-Encoding: chunked\r\n"])
@pytest.mark.parametrize("at_once", [True, False])
async def test_an_offer_of_another_protocol_costs_no_body(served: Served, headers: bytes, at_once: bool) -> None:
    body = b"{}" if b"Length" in headers else b"2\r\n{}\r\n0\r\n\r\n"
    head = served.post(OFFER + headers)
    parts = [head + body + served.get(b"/healthz")] if at_once else [head, body, served.get(b"/healthz")]
    got = await served.ask(*parts)
    assert [answer.status for answer in got] == [422, 200]
    assert b"No facts were found" in got[0].body


async def test_a_websocket_is_not_opened(served: Served) -> None:
    offer = (
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    got = await served.ask(offer + served.get(b"/healthz"))
    assert [answer.status for answer in got] == [200, 200]


async def test_one_after_the_other_in_one_go(served: Served) -> None:
    head = served.get(b"/v1/practice/facts").replace(b"GET", b"HEAD", 1).replace(b"Connection: close\r\n", b"")
    ask = b"GET /nonsense HTTP/1.1\r\nHost: x\r\n\r\n"
    options = b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(ask + options + head + served.get(b"/healthz"))
    async with asyncio.timeout(20):
        got = await reader.read(-1)
    writer.close()
    assert re.findall(rb"HTTP/1.1 (\d+)", got) == [b"404", b"204", b"200", b"200"]
    # No body stands between the answer to HEAD and the next.
    assert re.search(rb"ratelimit: [^\r]+\r\n(?:[^\r]+\r\n)*\r\nHTTP/1.1 200", got)
