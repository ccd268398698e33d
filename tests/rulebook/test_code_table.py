"""The code table is the one the rule book states."""

from app.rulebook.loader import book

# Section 1 of the rule book: programs, windows and MUE of every code with a verdict row.
PROGRAMS = {
    "ccm": ["99490", "G2058", "99439", "99491", "99437", "99487", "99489", "G0506", "G0511"],
    "pcm": ["G2064", "G2065", "99424", "99425", "99426", "99427"],
    "bhi": ["G0507", "99484"],
    "cocm": ["G0502", "G0503", "G0504", "99492", "99493", "99494", "G2214", "G0512"],
    "rpm": ["99453", "99454", "99457", "99458", "99445", "99470"],
    "rtm": [
        "98975", "98976", "98977", "98978", "98979", "98980", "98981", "98984", "98985", "98986",
    ],
    "tcm": ["99495", "99496"],
    "apcm": ["G0556", "G0557", "G0558", "G0568", "G0569", "G0570"],
    "chi": ["G0019", "G0022"],
    "pin": ["G0023", "G0024", "G0140", "G0146"],
}  # fmt: skip
WINDOWS: dict[str, tuple[str, str | None, int | None]] = {
    "99490": ("2015-01", None, 1),
    "G2058": ("2020-01", "2021-01", None),
    "99439": ("2021-01", None, 2),
    "99491": ("2019-01", None, 1),
    "99437": ("2022-01", None, 2),
    "99487": ("2017-01", None, 1),
    "99489": ("2017-01", None, 10),
    "G0506": ("2017-01", None, 1),
    "G2064": ("2020-01", "2022-01", None),
    "G2065": ("2020-01", "2022-01", None),
    "99424": ("2022-01", None, 1),
    "99425": ("2022-01", None, 2),
    "99426": ("2022-01", None, 1),
    "99427": ("2022-01", None, 2),
    "G0502": ("2017-01", "2018-01", None),
    "G0503": ("2017-01", "2018-01", None),
    "G0504": ("2017-01", "2018-01", None),
    "G0507": ("2017-01", "2018-01", None),
    "99484": ("2018-01", None, 1),
    "99492": ("2018-01", None, 1),
    "99493": ("2018-01", None, 1),
    "99494": ("2018-01", None, 4),
    "G2214": ("2021-01", None, 1),
    "99453": ("2019-01", None, 1),
    "99454": ("2019-01", None, 1),
    "99457": ("2019-01", None, 1),
    "99458": ("2020-01", None, 3),
    "99445": ("2026-01", None, None),
    "99470": ("2026-01", None, None),
    "98975": ("2022-01", None, 1),
    "98976": ("2022-01", None, 1),
    "98977": ("2022-01", None, 1),
    "98980": ("2022-01", None, 1),
    "98981": ("2022-01", None, 3),
    "98978": ("2023-01", None, 1),
    "98979": ("2026-01", None, None),
    "98984": ("2026-01", None, None),
    "98985": ("2026-01", None, None),
    "98986": ("2026-01", None, None),
    "99495": ("2013-01", None, 1),
    "99496": ("2013-01", None, 1),
    "G0556": ("2025-01", None, 1),
    "G0557": ("2025-01", None, 1),
    "G0558": ("2025-01", None, 1),
    "G0568": ("2026-01", None, None),
    "G0569": ("2026-01", None, None),
    "G0570": ("2026-01", None, None),
    "G0019": ("2024-01", None, 1),
    "G0022": ("2024-01", None, 4),
    "G0023": ("2024-01", None, 1),
    "G0024": ("2024-01", None, 4),
    "G0140": ("2024-01", None, 1),
    "G0146": ("2024-01", None, 4),
    "G0511": ("2018-01", "2025-10", 8),
    "G0512": ("2018-01", "2026-01", 1),
}


def test_the_code_table_is_that_of_section_1() -> None:
    rows = {row.code: row for row in book().codes}
    assert {code: (row.from_, row.until, row.mue_units) for code, row in rows.items()} == WINDOWS
    assert {code: row.program for code, row in rows.items()} == {
        code: program for program, codes in PROGRAMS.items() for code in codes
    }


def test_g0511_is_named_by_every_program_it_bundles() -> None:
    [row] = [row for row in book().codes if row.code == "G0511"]
    assert {row.program, *row.shared_with} == {"ccm", "bhi", "pcm", "rpm", "rtm", "chi", "pin"}
