from __future__ import annotations

import pytest
from rich.cells import cell_len

from prefdata.cli.show.agreement import show_agreement
from prefdata.results.agreement import (
    AgreementReport,
    AgreementSlice,
    AlphaEstimate,
    JudgeAgreement,
    JudgePair,
    PositionShare,
)
from prefdata.results.training import Estimate

NUMBERS = "ann 1,200 82% 79% to 84% 85% 87% 51% 47% 31.2"


def judge(name: str, **given: object) -> JudgeAgreement:
    fields: dict[str, object] = {
        "judge": name,
        "votes": 1200,
        "with_rest": Estimate(pairs=900, groups=300, value=0.815, low=0.79, high=0.84),
        "dawid_skene": 0.853,
        "bradley_terry": 0.871,
        "position": PositionShare(votes=1100, first=0.514, low=0.484, high=0.543),
        "same_answer": "shown-first",
        "same_answer_ratio": 0.47,
        "seconds": 31.25,
    }
    return JudgeAgreement.model_validate(fields | given)


def part(judges: tuple[JudgeAgreement, ...], **given: object) -> AgreementSlice:
    fields: dict[str, object] = {
        "criterion": "helpfulness",
        "source": None,
        "prompts": 300,
        "items": 1,
        "shared_items": 900,
        "votes": 2400,
        "unanimous_ratio": 0.71,
        "tie_ratio": 0.08,
        "alpha": AlphaEstimate(
            scale="ordinal", units=900, prompts=300, value=0.62, low=0.58, high=0.66
        ),
        "position": judges[0].position
        if judges
        else PositionShare(votes=0, first=None, low=None, high=None),
        "judges": judges,
        "pairs": (JudgePair(one="ann", other="李雷", units=880, agreement=0.8, kappa=None),),
        "pairs_of_judges": len(judges),
        "says": ("Krippendorff's alpha 0.62 (0.58 to 0.66): judges agree little.",),
    }
    return AgreementSlice.model_validate(fields | given)


def shown(
    report: AgreementReport,
    width: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    show_agreement(report)
    return capsys.readouterr().out


def test_judges_stand_in_a_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    two = (judge("ann"), judge("李雷", says=("takes 3.0 seconds a judgement",)))
    out = shown(AgreementReport(slices=(part(two),)), 120, monkeypatch, capsys)
    assert "helpfulness, all sources" in out
    assert "2,400 votes of 2 judges on 1 pair of completions, 300 prompts" in out
    lines = {line.split()[0]: line for line in out.splitlines() if line.strip()}
    assert lines["ann"].split() == NUMBERS.split()
    assert lines["ann,"].split() == ["ann,", "李雷", "880", "80%", "-"]
    assert "李雷 takes 3.0 seconds a judgement." in out
    assert "None" not in out and "\x1b" not in out


@pytest.mark.parametrize("width", [100, 80, 79, 60, 40])
def test_fits_the_screen(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    names = ("很长的名字" * 9, "x" * 90, "\x1b[31m[red]c")
    many = tuple(judge(name, says=("contradicts the others",)) for name in names)
    out = shown(AgreementReport(slices=(part(many, source="网" * 70),)), width, monkeypatch, capsys)
    assert max(cell_len(line) for line in out.splitlines()) <= width
    assert "\\x1b[31m[red]c" in "".join(out.split())


def test_what_nobody_knows_has_no_column(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    unknown = PositionShare(votes=0, first=None, low=None, high=None)
    blind = judge("ann", seconds=None, position=unknown, dawid_skene=None)
    out = shown(AgreementReport(slices=(part((blind,)),)), 120, monkeypatch, capsys)
    assert "seconds" not in out and out.count("for first") == 1
    known = shown(AgreementReport(slices=(part((judge("ann"),)),)), 120, monkeypatch, capsys)
    assert "seconds" in known and known.count("for first") == 2


def test_what_is_not_shown_is_counted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    many = tuple(judge(f"judge {n}", says=("is odd",)) for n in range(30))
    report = AgreementReport(
        slices=(part(many, pairs_of_judges=20), part(())), remarks={"unread": "2 rows"}
    )
    out = shown(report, 120, monkeypatch, capsys)
    assert "and 18 more: see --json" in out
    assert "22 more judges are odd" in out
    assert "The 20 judges with most votes were compared two by two." in out
    assert "unread: 2 rows" in out
    assert "No judgements." in shown(AgreementReport(slices=()), 120, monkeypatch, capsys)
