from __future__ import annotations

import random
import subprocess
import sys
import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.records.columns import RecordColumns
from prefdata.records.record import Record, assistant, text_of, user
from prefdata.transforms.texts.language import language_of
from prefdata.transforms.texts.languages import FEW, languages_of
from prefdata.transforms.texts.row_language import TOLD_BY, row_languages

REAL = [
    "The weather is nice today, so we’re going to the park — would you like to come along?",
    "Could you explain how a bill becomes a law? I asked my teacher, but I did not follow her.",
    "Die Kinder spielen im Garten, während ihre Großmutter in der Küche einen Kuchen bäckt.",
    "Il fait beau aujourd’hui et nous allons au parc avec les enfants, puis à la bibliothèque.",
    "Hoy hace buen tiempo y vamos al parque con los niños; mañana lloverá todo el día, ¿no?",
    "Сегодня хорошая погода, и мы идём в парк с детьми, а потом будем вместе ужинать дома.",
    "Сьогодні гарна погода, і ми йдемо до парку з дітьми, а потім разом повечеряємо вдома.",
    "الطقس جميل اليوم وسنذهب إلى الحديقة مع الأطفال ثم نعود إلى البيت قبل المساء",
    "מזג האוויר נעים היום ואנחנו הולכים לפארק עם הילדים אחרי הצהריים",
    "आज मौसम अच्छा है और हम बच्चों के साथ पार्क जा रहे हैं, फिर घर लौटेंगे।",
    "আজ আবহাওয়া ভালো এবং আমরা বাচ্চাদের সাথে পার্কে যাচ্ছি, তারপর বাড়ি ফিরব।",
    "今天天气很好，我们去公园散步，然后回家做饭。你想一起来吗？",
    "今天我们讨论 machine learning 的基本概念，以及 gradient descent 是怎么工作的。",
    "今日は天気がいいので、子どもたちと公園に行ってから、家で晩ごはんを作ります。",
    "오늘은 날씨가 좋아서 아이들과 공원에 갔다가 집에서 저녁을 먹을 거예요.",
    "วันนี้อากาศดี เราจะไปสวนสาธารณะกับเด็ก ๆ",
    "Σήμερα ο καιρός είναι καλός και πάμε στο πάρκο με τα παιδιά.",
    "Hôm nay trời đẹp, chúng tôi đi công viên với bọn trẻ rồi về nhà nấu cơm tối.",
    "Danes je lepo vreme in z otroki gremo v park, potem pa domov na večerjo.",
    "Danas je lijepo vrijeme i s djecom idemo u park, a poslije kući na večeru.",
    "Данас је лепо време и са децом идемо у парк, а после кући на вечеру.",
    "THE WHOLE OF THIS TEXT IS WRITTEN IN CAPITAL LETTERS, AND SO IT IS READ IN LOWER CASE.",
    "СЕГОДНЯ ХОРОШАЯ ПОГОДА, И МЫ ИДЁМ В ПАРК С ДЕТЬМИ.",
    "Das Programm gibt `x` aus:\n```python\nfor word in words:\n    print(word)\n```\nund endet.",
    "See https://example.org/a/long/path or www.example.org, or write to me@example.org today.",
    "<p class='x'>Un texte dans une page</p> avec <b>des balises</b> et 3 < 4 et @nom et a`b.",
    "mixed: ok 好的 da да ja はい",
    "1 + 1 = 2, 3 × 4 = 12",
    "😀👍🏽🎉 great!!! 🎉🎉",
    "zzxqj wvkpt qqqrx jjkzv xxwqp vvbnm",
    "ok",
    "",
    "Сегодня и\u0306 e\u0301te\u0301 \u1100\u1161\u11a8 ﬁ ǅ ß İ",
]


def are_equal(texts: list[str]) -> None:
    texts = [*texts, *[""] * (FEW - len(texts))]
    found = languages_of(pa.array(texts, pa.string())).to_pylist()
    assert found == [*map(language_of, texts)]


def mutated(text: str, chance: random.Random) -> str:
    """A text with parts of other texts, signs that need care, and other cases."""
    parts = [text[at : at + 12] for at in range(0, len(text), 12)]
    for _ in range(chance.randrange(4)):
        other = chance.choice(REAL)
        start = chance.randrange(max(len(other) - 20, 1))
        signs = ("`", "```", "<b ", ">", "@", "://", "www.", " ", "\u0301", "\n\n", "İ", "\x00")
        added = chance.choice((other[start : start + chance.randrange(40)], chance.choice(signs)))
        parts.insert(chance.randrange(len(parts) + 1), added)
    made = "".join(parts)
    changes = (str, str, str.upper, str.lower, str.swapcase, lambda whole: whole[::-1])
    made = chance.choice(changes)(made)[: chance.choice((30, 900))]
    return unicodedata.normalize("NFD", made) if chance.random() < 0.3 else made


def test_real_texts_have_the_language_that_the_slow_way_finds() -> None:
    are_equal(REAL * 4)


def test_many_languages_are_found() -> None:
    found = languages_of(pa.array(REAL * 4)).to_pylist()[: len(REAL)]
    assert found[:5] == ["en", "en", "de", "fr", "es"]
    assert set(found) >= {"ru", "uk", "ar", "he", "hi", "bn", "zh", "ja", "ko", "th", "el", "vi"}


def test_mutated_texts_have_the_language_that_the_slow_way_finds() -> None:
    chance = random.Random(7)
    are_equal([mutated(text, chance) for text in REAL for _ in range(20)])


def test_texts_between_two_languages_have_the_language_that_the_slow_way_finds() -> None:
    halves = [text.split() for text in REAL]
    chance = random.Random(8)
    are_equal(
        [" ".join([*chance.choice(halves)[:3], *chance.choice(halves)[-3:]]) for _ in range(400)]
    )


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1))
def test_any_text_has_the_language_that_the_slow_way_finds(texts: list[str]) -> None:
    are_equal(texts)


@given(st.lists(st.text("aeinrst AEß`<>@./:w的é\u0301\n", min_size=20), min_size=1))
def test_letters_and_marks_have_the_language_that_the_slow_way_finds(texts: list[str]) -> None:
    are_equal(texts)


def test_every_character_is_counted_as_the_slow_way_counts_it() -> None:
    """Each with the letters that it may be composed with, in texts of one letter too few or not."""
    characters = [chr(point) for point in range(0xA0, 0x30000, 97)]
    characters += [chr(point) for point in (*range(0x300, 0x370), *range(0x1100, 0x1200))]
    real = [each for each in characters if unicodedata.category(each) != "Cs"]
    are_equal([f"e{each} the weather a{each} is nice" for each in real])
    are_equal([f"\u1100{each} {each}AND THE WEATHER" for each in real])


def test_long_texts_are_read_to_the_same_end() -> None:
    are_equal(["a" * 1_990 + " Die Kinder spielen im Garten", "e" * 30_000, "的" * 3_000])


def test_long_runs_of_marks_are_not_divided() -> None:
    runs = ["\u0301\u0323" * 40, "\u0301" * 31 + "\u034f", "\u094d\u0334" * 300]
    are_equal([f"{text}{run} e{run}" for text in REAL for run in runs])


def test_a_text_without_anything_the_model_knows_is_left_to_the_slow_way() -> None:
    are_equal(["\u10a0" * 30, "\U00010400" * 30, "\U0001e900" * 25, "\ua500" * 40])


def test_nulls_and_slices() -> None:
    texts = pa.array(["x", *[None, REAL[2]] * FEW, "x"]).slice(1, 2 * FEW)
    assert languages_of(texts).to_pylist() == ["und", "de"] * FEW
    assert languages_of(texts.slice(0, 2)).to_pylist() == ["und", "de"]
    assert len(languages_of(pa.array([], pa.string()))) == 0


def told_by_completions(record: Record) -> str:
    completions = [text_of(side)[:TOLD_BY] for side in (record.chosen, record.rejected)]
    language = language_of("\n".join(completions))
    return language_of(text_of(record.prompt)) if language == "und" else language


@pytest.mark.parametrize("rows", [7, 2 * FEW])
def test_the_completions_tell_before_the_prompt_does(rows: int) -> None:
    chance = random.Random(10)
    texts = [chance.choices([*REAL, "ok", "no", "12"], k=3) for _ in range(rows)]
    columns, slow = RecordColumns(), []
    for number, (prompt, *completions) in enumerate(texts):
        chosen, rejected = (assistant(each) for each in completions)
        record = Record((user(prompt),) if number % 4 else (), (chosen,), (rejected,))
        columns.append(number, number, record)
        slow.append(told_by_completions(record))
    assert row_languages(columns.batch()).to_pylist() == slow
    assert row_languages(columns.batch().slice(3)).to_pylist() == slow[3:]


def test_few_texts_load_no_compiler() -> None:
    code = (
        "import sys, pyarrow as pa\n"
        "from prefdata.transforms.texts.languages import languages_of\n"
        "texts = pa.array(['The weather is nice today, so we go to the park.'] * 10)\n"
        "assert languages_of(texts).to_pylist() == ['en'] * 10\n"
        "sys.exit('numba' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
