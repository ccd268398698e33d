"""What the patient owes of amounts: each line's share is rounded by itself, whoever asks."""

from app.rulebook import loader


def test_each_line_is_half_up_to_the_cent() -> None:
    fees = loader.law("2026-03").fees
    # 20 % of 66.13 are 13.226, of 50.44 10.088; of 0.03 and 0.02 0.006 and 0.004.
    assert fees.owed_cents([6_613, 5_044]) == 1_323 + 1_009
    assert (fees.owed_cents([3, 3]), fees.owed_cents([2, 2]), fees.owed_cents([])) == (2, 0, 0)
