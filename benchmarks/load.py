"""Requests fired over sockets from a process of their own, as fast as a number of connections has them answered, or at a pace."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from statistics import median
from typing import NamedTuple, cast

import httptools
import uvloop


class Fired(NamedTuple):
    """How long it took, from the first request sent to the last answer had, and how long each waited."""

    seconds: float
    waits: list[float]

    @property
    def a_second(self) -> float:
        return len(self.waits) / self.seconds

    @property
    def median_wait(self) -> float:
        return median(self.waits)


class Connection(asyncio.Protocol):
    """Sends the next request once the last is answered and it is due; it has waited since then, sent or not. Anything but a
    2xx ends the benchmark.
    """

    def __init__(
        self, requests: Iterator[tuple[float, bytes]], waits: list[float], ended: asyncio.Future[None]
    ) -> None:
        self.requests, self.waits, self.ended = requests, waits, ended
        self.parser = httptools.HttpResponseParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(exc or ConnectionError("the service hung up"))

    def on_message_complete(self) -> None:
        self.waits.append(time.perf_counter() - self.began)
        status = self.parser.get_status_code()
        if status >= 300:
            self.ended.set_exception(RuntimeError(f"answered {status}"))
        else:
            self._send()

    def _send(self) -> None:
        due, request = next(self.requests, (0.0, None))
        if request is None:
            self.ended.set_result(None)
            self.transport.close()
            return
        self.parser = httptools.HttpResponseParser(self)
        now = time.perf_counter()
        if due > now:
            asyncio.get_running_loop().call_later(due - now, self._write, due, request)
        else:
            self._write(due or now, request)

    def _write(self, due: float, request: bytes) -> None:
        self.began = due
        self.transport.write(request)


async def _drive(port: int, requests: Sequence[bytes], connections: int, a_second: float | None) -> Fired:
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    due = (0.0 if a_second is None else began + place / a_second for place in range(len(requests)))
    waiting, waits = iter(zip(due, requests, strict=True)), list[float]()
    ends = [loop.create_future() for _ in range(connections)]
    for ended in ends:
        await loop.create_connection(partial(Connection, waiting, waits, ended), "127.0.0.1", port)
    await asyncio.gather(*ends)
    return Fired(time.perf_counter() - began, waits)


def drive(port: int, requests: Sequence[bytes], connections: int, a_second: float | None = None) -> Fired:
    """`a_second`: so many are due, however long each takes."""
    return uvloop.run(_drive(port, requests, connections, a_second))


class Generator:
    """The process the requests come from; it is started once, so that starting it is not measured."""

    def __init__(self) -> None:
        self.pool = ProcessPoolExecutor(1, get_context("spawn"))

    def fire(self, port: int, requests: Sequence[bytes], connections: int) -> Fired:
        return self.fire_at(port, requests, connections, None).result()

    def fire_at(
        self, port: int, requests: Sequence[bytes], connections: int, a_second: float | None
    ) -> "Future[Fired]":
        """The same at a pace, and not waited for."""
        return self.pool.submit(drive, port, requests, connections, a_second)


def get(path: str, key: str | None = None) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{_authorization(key)}\r\n".encode()


def post(path: str, key: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\n{_authorization(key)}"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _authorization(key: str | None) -> str:
    return "" if key is None else f"Authorization: Bearer {key}\r\n"
