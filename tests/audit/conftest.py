from collections.abc import Iterator

import pytest

from tests.audit.ledgers import Proof, proven


@pytest.fixture(scope="module")
def proof(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proof]:
    """Ledgers, and the checkpoints of them that somebody holds."""
    with proven(server_url, tmp_path_factory.mktemp("proof")) as made:
        yield made
