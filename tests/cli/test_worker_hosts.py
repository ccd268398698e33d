"""Three worker hosts with addresses of their own: one is cut off, one is killed, and the run comes to its end all the same.

Each is a network namespace with a link of its own to where Postgres is. Making them takes root, Linux and iproute2.
"""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Final
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.cli.running import PROJECT
from tests.cli.test_killed_runs import EXPECTED, LAST_SECONDS, Asker, House, found, house, recorded

__all__ = ["house"]

HOSTS: Final = (1, 2, 3)
A_RANGE_BYTES: Final = 50_000
"""Less than what storing one takes, much more than connecting and looking for jobs for as long as a run takes."""


def may_make_hosts() -> bool:
    ip = shutil.which("ip")
    if ip is None or os.geteuid() != 0:
        return False
    name = f"cm-{uuid4().hex[:8]}"
    made = subprocess.run([ip, "netns", "add", name], check=False, capture_output=True).returncode == 0
    if made:
        subprocess.run([ip, "netns", "del", name], check=False)
    return made


pytestmark = pytest.mark.skipif(not may_make_hosts(), reason="no network namespace can be made here")


class Door:
    """Postgres at a port of every address of this machine; how much has come through it, by who sent it."""

    def __init__(self, url: str) -> None:
        reached = conninfo_to_dict(url)
        self._socket = f"{reached['host']}/.s.PGSQL.{reached['port']}"
        self.came: Counter[str] = Counter()
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._open = threading.Event()

    @contextmanager
    def opened(self) -> Iterator[None]:
        thread = threading.Thread(target=self._serve)
        thread.start()
        assert self._open.wait(10)
        try:
            yield
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()

    def _serve(self) -> None:
        server = self._loop.run_until_complete(asyncio.start_server(self._through, "0.0.0.0", 0))
        self.port = server.sockets[0].getsockname()[1]
        self._open.set()
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        server.close()
        self._loop.run_until_complete(asyncio.sleep(0.1))
        self._loop.close()

    async def _through(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer: str = writer.get_extra_info("peername")[0]
        inside, to_inside = await asyncio.open_unix_connection(self._socket)
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            await asyncio.gather(self._pass_on(reader, to_inside, peer), self._pass_on(inside, writer, None))
        to_inside.close()
        writer.close()

    async def _pass_on(self, source: asyncio.StreamReader, to: asyncio.StreamWriter, peer: str | None) -> None:
        while part := await source.read(1 << 16):
            if peer is not None:
                self.came[peer] += len(part)
            to.write(part)
            await to.drain()
        to.close()


class Host:
    """A machine with an address of its own and a worker on it."""

    def __init__(self, number: int, stack: contextlib.ExitStack) -> None:
        self.name, self.link = f"cm-host-{number}-{uuid4().hex[:4]}", f"cm{number}-{uuid4().hex[:6]}"
        self.address, self.gate = f"10.213.{number}.2", f"10.213.{number}.1"
        self.ip("netns", "add", self.name)
        stack.callback(self.ip, "netns", "del", self.name)
        self.ip("link", "add", self.link, "type", "veth", "peer", "name", "eth0", "netns", self.name)
        self.ip("addr", "add", f"{self.gate}/30", "dev", self.link)
        self.ip("link", "set", self.link, "up")
        self.ip("-n", self.name, "addr", "add", f"{self.address}/30", "dev", "eth0")
        self.ip("-n", self.name, "link", "set", "eth0", "up")

    def ip(self, *told: str) -> None:
        subprocess.run(["ip", *told], check=True, capture_output=True)

    def work(self, port: int, database: str) -> subprocess.Popen[bytes]:
        settings = {"DATABASE_URL": f"postgresql://postgres@{self.gate}:{port}/{database}", "LOG_LEVEL": "error"}
        told = ["ip", "netns", "exec", self.name, sys.executable, "-m", "app", "worker"]
        return subprocess.Popen(told, cwd=PROJECT, env=os.environ | settings)

    def cut_off(self) -> None:
        self.ip("link", "set", self.link, "down")

    def connect(self) -> None:
        self.ip("link", "set", self.link, "up")


def done_by(asker: Asker, run: str, share: float) -> None:
    """Wait until so much of the run is done."""
    until = time.monotonic() + LAST_SECONDS
    while True:
        told = asker.state(run)
        if told["done"] >= share * told["total"]:
            return
        assert time.monotonic() < until, told
        time.sleep(0.02)


def test_one_cut_off_and_one_killed_leave_it_to_the_third(house: House) -> None:
    tenant, key = asyncio.run(recorded(house.url))
    house.start("api")
    asker = Asker(house.port, key)
    door = Door(house.url)
    with contextlib.ExitStack() as stack:
        stack.enter_context(door.opened())
        hosts = [Host(number, stack) for number in HOSTS]
        workers = [host.work(door.port, "care_month") for host in hosts]
        for worker in workers:
            stack.callback(worker.wait)
            stack.callback(worker.kill)
        try:
            the_run(house, asker, door, hosts, workers, tenant)
        finally:
            asker.close()


def the_run(
    house: House, asker: Asker, door: Door, hosts: list[Host], workers: list[subprocess.Popen[bytes]], tenant: UUID
) -> None:
    waiting_for_jobs(house.url, len(hosts))
    run = asker.begin(0)
    done_by(asker, run, 0.2)
    assert asker.state(run)["state"] == "running"
    hosts[0].cut_off()
    done_by(asker, run, 0.4)
    workers[1].kill()
    done_by(asker, run, 1)
    assert found(house.url, tenant, run) == EXPECTED
    assert set(door.came) == {host.address for host in hosts}
    # Whoever was cut off takes part again, once it has noticed that it is connected.
    hosts[0].connect()
    until = time.monotonic() + LAST_SECONDS
    for number in count(1):
        before = door.came[hosts[0].address]
        again = asker.begin(number)
        done_by(asker, again, 1)
        assert found(house.url, tenant, again) == EXPECTED
        if door.came[hosts[0].address] > before + A_RANGE_BYTES:
            return
        assert time.monotonic() < until, door.came


def waiting_for_jobs(url: str, workers: int) -> None:
    """Wait until so many hear of jobs, those of lost connections not counted."""
    until = time.monotonic() + LAST_SECONDS
    asked = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'care-month jobs' AND state_change > now() - interval '20 s'"
    with psycopg.connect(url, autocommit=True) as connection:
        while True:
            row = connection.execute(asked.encode()).fetchone()
            assert row is not None
            if row[0] >= workers:
                return
            assert time.monotonic() < until, row
            time.sleep(0.2)
