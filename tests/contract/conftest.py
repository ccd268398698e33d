"""The contract as an integrator meets it: the real service, asked by clients made from its document and by a browser.

`make contract` runs what stands here; `make test` does not, for it needs Node and a browser.
"""

from collections.abc import Iterator

import pytest

from tests.cli.running import Running, directory, running


@pytest.fixture(scope="session")
def service() -> Iterator[Running]:
    """The service as `make run` starts it, on a port and a database of its own."""
    with directory() as data_dir, running(data_dir) as started:
        yield started
