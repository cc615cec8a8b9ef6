from __future__ import annotations

import pytest

from prefdata.cli.show.progress import lines


def said_of(marks: list[tuple[float, int]], total: int) -> list[str]:
    said: list[str] = []
    times = iter([time for time, _ in marks])
    report = lines(said.append, lambda: next(times))
    for _, done in marks:
        report("embed", done, total)
    return said


def test_a_step_that_is_soon_done_is_not_spoken_of() -> None:
    assert said_of([(0, 0), (10, 500), (29, 1000)], 1000) == []


def test_a_long_step_says_its_rate_and_what_is_left_twice_a_minute() -> None:
    marks = [(0.0, 0), (20.0, 2_000), (40.0, 4_000), (50.0, 5_000), (70.0, 7_000)]
    assert said_of(marks, 12_000) == [
        "embed: 4,000 of 12,000, 100.0/s, about 1 min 20 s left",
        "embed: 7,000 of 12,000, 100.0/s, about 50 s left",
    ]


@pytest.mark.parametrize(("seconds", "left"), [(3600, "2 h 0 min"), (40, "1 min 20 s")])
def test_what_was_done_before_does_not_count_as_speed(seconds: float, left: str) -> None:
    said = said_of([(0.0, 700), (seconds, 800)], 1000)
    assert said[0].endswith(f"about {left} left")
