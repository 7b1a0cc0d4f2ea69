"""The comparison of docs with reality lets dates pass and nothing else."""

import pytest
from transcript import Call, agrees, calls

PAGE = """
```console
$ magicloop run
booked  Tue 3 Feb 09:00
file ~/x.ics
$ magicloop status
```
```sh
magicloop never-executed
```
"""


def test_the_calls_of_a_page_are_read_with_what_they_print():
    assert calls(PAGE) == [
        Call("magicloop run", "booked  Tue 3 Feb 09:00\nfile ~/x.ics"),
        Call("magicloop status", ""),
    ]


@pytest.mark.parametrize(
    ("expected", "printed"),
    [
        ("booked Tue 3 Feb 09:00-11:00", "booked Thu  17 December 13:30-15:30"),
        ("at 2026-02-03T09:00:00+01:00", "at 2027-11-30T08:15:00Z"),
        ("month 2026-02", "month 2031-12"),
        ("one\n...\nlast", "one\ntwo\nthree\nlast"),
        ("one\n...\nlast", "one\nlast"),
        ("draft ... waits", "draft help-2 waits"),
        ("", "\n"),
    ],
)
def test_what_changes_from_day_to_day_may_differ(expected, printed):
    assert agrees(expected, printed)


@pytest.mark.parametrize(
    ("expected", "printed"),
    [
        ("booked Tue 3 Feb 09:00", "moved Tue 3 Feb 09:00"),
        ("booked Tue 3 Feb 09:00", "booked Tue 3 Feb"),
        ("one\ntwo", "one"),
        ("one", "one\ntwo"),
        ("", "something"),
        ("draft ... waits", "draft help-2 sent"),
        ("a.b", "axb"),
    ],
)
def test_anything_else_may_not(expected, printed):
    assert not agrees(expected, printed)
