"""`prefdata gate` on folders that were really built, and what keeps it from believing them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from prefdata.cli.main import exit_code_of
from prefdata.config.gate import GateConfig
from prefdata.errors import IntegrityError
from prefdata.pipeline.build import build
from prefdata.pipeline.gate import gate
from prefdata.results.layout import REPORT_PATH

ROOT = Path(__file__).parents[2]
SAMPLES = [str(ROOT / "sample_data" / name) for name in ("clean", "alike")]
SOURCE = [{"prompt": f"{n}?", "chosen": f"Yes {n}.", "rejected": f"No {n}."} for n in range(3)]


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("gate") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREFDATA_CACHE", str(out.parent / "cache"))
        assert exit_code_of(["build", *SAMPLES, "--audit", "--out", str(out), "--quiet"]) == 0
    return out


@pytest.fixture
def few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An output of three rows, of which no label can be audited."""
    monkeypatch.setenv("PREFDATA_CACHE", str(tmp_path / "cache"))
    source = tmp_path / "a.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in SOURCE))
    build([source], out=tmp_path / "out")
    return tmp_path / "out"


def test_the_sample_passes_and_says_by_what(
    audited: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code_of(["gate", str(audited)]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["holds", name] for name in ("audit", "accuracy", "self-test", "flipped", "kept")
    ]
    assert last == "May be published."


def test_what_fails_comes_last_with_what_to_do(
    audited: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code_of(["gate", str(audited), "--accuracy", "0.99", "--kept", "0.1"]) == 1
    *_, failing, to_do, last = capsys.readouterr().out.splitlines()
    assert failing.startswith("FAILS  accuracy")
    assert "report/index.html" in to_do
    assert last == "Not to be published: 1 of 5 criteria do not hold (accuracy)."
    assert exit_code_of(["gate", str(audited), "--flipped", "0", "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert not found["passes"]
    (flipped,) = (each for each in found["criteria"] if not each["holds"])
    assert (flipped["name"], flipped["limit"]) == ("flipped", 0)
    assert flipped["value"] is None  # nobody has read any row
    assert "unknown: nobody has read rows drawn at random" in flipped["says"]


@pytest.mark.parametrize(
    ("options", "code"), [([], 1), (["--allow-unjudged"], 1), (["--allow-unaudited"], 0)]
)
def test_data_without_an_audit(few: Path, options: list[str], code: int) -> None:
    assert exit_code_of(["gate", str(few), *options]) == code
    assert exit_code_of(["audit", str(few), "--quiet"]) == 0  # it is too small for any model
    assert exit_code_of(["gate", str(few), *options]) == code


def test_a_report_that_was_changed_is_not_believed(few: Path) -> None:
    assert exit_code_of(["audit", str(few), "--quiet"]) == 0
    report = few / REPORT_PATH
    content = report.read_bytes()
    lenient = GateConfig(allow_unaudited=True)
    assert gate(few, lenient).passes
    report.write_bytes(content + b" ")
    (audit, _) = gate(few, lenient).criteria
    assert "was changed" in audit.says
    report.unlink()
    assert not gate(few, lenient).passes
    (few / "manifest.json").unlink()
    with pytest.raises(IntegrityError, match="finished"):
        gate(few)


def test_it_needs_nothing_heavy(few: Path) -> None:
    script = (
        "import sys; from prefdata.cli.main import exit_code_of;"
        f"exit_code_of(['gate', {str(few)!r}]);"
        "print({'torch', 'polars', 'pyarrow', 'numpy', 'datasets'} & set(sys.modules))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-1] == "set()"


def test_limits_that_are_none(few: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["gate", str(few), "--flipped", "nan"]) == 2
    assert "options: flipped" in capsys.readouterr().err


def test_limits_may_stand_in_a_file(audited: Path, tmp_path: Path) -> None:
    limits = tmp_path / "gate.yaml"
    limits.write_text("accuracy: 0.99\n")
    assert exit_code_of(["gate", str(audited), "--config", str(limits)]) == 1
    assert exit_code_of(["gate", str(audited), "--config", str(limits), "--accuracy", "0.5"]) == 0
