"""The table of assumptions: whole, within what may be asked, and told where a person can replace them."""

import msgspec
import pytest

from app.projections.assumptions import assumptions
from app.projections.naming import Filled
from app.projections.request import Assumed
from app.web import projection_form


def test_every_assumption_that_may_be_given_is_in_the_table() -> None:
    assert set(assumptions()) == set(Assumed.__struct_fields__) == {*Filled.__struct_fields__, "counted_minutes"}


def test_the_trades_figures_are_the_defaults() -> None:
    assert assumptions()["qualifying_basis_points"].default == 6_800
    assert assumptions()["enrolling_basis_points"].default == 4_000


def test_a_staff_minute_follows_from_its_sources() -> None:
    # $39.05 an hour are 70.0 % of the cost: 3905 / 0.7 / 60 = 92.98 cents.
    assert assumptions()["staff_minute_cents"].default == round(3905 * 10 / 7 / 60) == 93


@pytest.mark.parametrize("name", [name for name, one in assumptions().items() if one.default is not None])
def test_a_default_may_itself_be_given(name: str) -> None:
    assert getattr(msgspec.convert({name: assumptions()[name].default}, Assumed), name) == assumptions()[name].default


def test_every_assumption_has_a_field_that_reads_what_it_writes() -> None:
    assert sorted(name for names in projection_form.GROUPS.values() for name in names) == sorted(assumptions())
    for name, one in assumptions().items():
        if one.default is not None:
            assert projection_form.read(name, projection_form.written(name, one.default)) == one.default
