from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from prefdata.transforms.texts.language_model import language_model

TEXTS = (
    "The weather is nice today, and we are going to the park.",
    "Hôm nay trời đẹp, chúng tôi đi công viên với bọn trẻ rồi về nhà nấu cơm tối.",
    "ДАНАС ЈЕ ЛЕПО ВРЕМЕ И СА ДЕЦОМ ИДЕМО У ПАРК",
    "zzxqj wvkpt 1 + 1",
    "",
)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PREFDATA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache/languages"


def is_as_packed(found: LanguageIdentifier) -> bool:
    packed = LanguageIdentifier.from_model_file(MODEL_FILE)
    return [found.rank(text) for text in TEXTS] == [packed.rank(text) for text in TEXTS] and all(
        np.array_equal(getattr(found, name), getattr(packed, name))
        for name in ("nb_ptc", "nb_pc", "nb_classes", "tk_nextmove", "tk_row", "tk_output")
    )


def test_what_is_kept_is_the_model(cache: Path) -> None:
    assert is_as_packed(language_model())
    (kept,) = cache.iterdir()
    assert kept.stat().st_size < 10_000_000
    before = kept.stat().st_mtime_ns
    assert is_as_packed(language_model())
    assert kept.stat().st_mtime_ns == before


@pytest.mark.parametrize("damage", ["cut", "changed", "changed at the end", "empty"])
def test_a_damaged_file_is_not_believed_and_made_anew(cache: Path, damage: str) -> None:
    language_model()
    (kept,) = cache.iterdir()
    whole = kept.read_bytes()
    middle = len(whole) // 2
    kept.write_bytes(
        {
            "cut": whole[:middle],
            "changed": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
            "changed at the end": whole[:-1] + bytes([whole[-1] ^ 1]),
            "empty": b"",
        }[damage]
    )
    assert is_as_packed(language_model())
    assert kept.read_bytes() == whole


def test_where_nothing_can_be_kept_it_is_unpacked_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("PREFDATA_CACHE", str(tmp_path / "file"))
    assert is_as_packed(language_model())
