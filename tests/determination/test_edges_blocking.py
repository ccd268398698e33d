"""What two rules stop, together: an id that both name stops as well as one that either names."""

from app.determination.findings import Finding
from app.determination.questions import Blocking


def test_what_either_stops_is_stopped_and_what_both_stop_too() -> None:
    some = Finding("G0506-02", "ccm", "missing", "no_visit", pathways=("planning",))
    one = Blocking(frozenset({"ELIG-04", "CONS-01"}), (some,))
    other = Blocking(frozenset({"ELIG-04", "INIT-01"}))
    assert one.beside(other).everywhere == {"ELIG-04", "CONS-01", "INIT-01"}
    assert other.beside(one).somewhere == (some,)
