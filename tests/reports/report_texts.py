"""Prompts and completions for reports in tests, English and Chinese, written for this project."""

from __future__ import annotations

PAIRS: tuple[tuple[str, str, str, str], ...] = (
    (
        "en",
        "How do I stop my sourdough from spreading flat before it bakes?",
        "Shape it tighter. Fold the dough over itself until the skin resists your hand, chill it "
        "overnight, and bake it straight from the fridge: cold dough holds its height until the "
        "crust has set.",
        "Use less water next time. Flat loaves are usually too wet, and there is nothing that you "
        "can do about it once the dough is mixed, so throw it away and start again.",
    ),
    (
        "en",
        "Is it safe to leave a laptop charging all night?",
        "Yes. Modern laptops stop drawing current once the battery is full. If it is nearly always "
        "plugged in, set a charge limit of 80% in the system settings, and the battery ages "
        "more slowly.",
        "Yes. Modern laptops stop drawing current once the battery is full. It makes no difference "
        "to the battery at all how long it is plugged in.",
    ),
    (
        "en",
        "What is the quickest way to learn the names of thirty new pupils?",
        "Names are hard! Just use name tags.",
        "Draw the seating plan on the first day, take it home, and cover the names with your hand "
        "row by row. Greet every pupil by name at the door for a week, and ask again, openly, "
        "whenever you are unsure: pupils forgive a question sooner than a wrong name.",
    ),
    (
        "en",
        "Why does the moon look bigger near the horizon?",
        "It is the same size. Beside roofs and trees, your eye judges it against things it knows, "
        "and the sky near the horizon is perceived as farther away; a camera shows no difference.",
        "The air near the horizon works like a lens and magnifies the moon by about a third.",
    ),
    (
        "zh",
        "怎样让绿萝在没有阳光的办公室里活下来?",
        "绿萝耐阴，放在灯光下一米左右即可。等土表面两厘米都干了再浇水，冬天可以十天一次；"
        "叶尖发黄多半是浇水太勤，先停一周再看。",
        "每天浇水，多施肥，叶子黄了就剪掉。没有阳光的植物都需要更多的水来补充营养。",
    ),
    (
        "zh",
        "第一次当面试官，要准备些什么?",
        "好的，祝你面试顺利!",
        "先写下这个岗位最看重的三件事，每件事准备一个问题，请对方讲一段真实经历。"
        "面试时多听少说，记下原话，结束后十分钟内写结论，再去看别人的评价。",
    ),
    (
        "zh",
        "为什么煮饺子要加三次凉水?",
        "加凉水是为了让水面平静下来，皮不会被滚水冲破，馅也有时间熟透。火力能控制的话，"
        "转小火保持微沸，效果一样。",
        "因为古人就是这样做的，三代表吉利，所以要加三次。",
    ),
    (
        "en",
        "Write a two-line message to cancel a dinner without sounding cold.",
        "I was looking forward to tonight and now have to let you down: the day has run away from "
        "me.\nCould I cook for you on Sunday instead?",
        "I can't come tonight.\nSorry for any inconvenience this may cause.",
    ),
)

_MORE = {
    "en": (
        "There is more than one way to look at it, and the order in which you try things matters. ",
        "Begin with what costs nothing, write down what you see, and change one thing at a time. ",
        "If it still fails after the second attempt, ask somebody who has done it before. ",
        "Most advice that you will hear is right in one kitchen, one office or one class only. ",
        "A week is long enough to tell a habit from an accident. ",
    ),
    "zh": (
        "这件事不止一种做法，先后次序也有讲究。",
        "先从不花钱的办法试起，一次只改一处，把结果记下来。",
        "如果第二次还是不行，就去请教做过的人。",
        "多数建议只在某个厨房、某间办公室或某个班级里管用。",
        "一个星期足够分清习惯和偶然。",
    ),
}


def lengthened(text: str, language: str, characters: int, start: int = 0) -> str:
    """`text`, gone on with until it has exactly so many characters; as it is where it has more."""
    more, parts, length, turn = _MORE[language], [text], len(text), start
    while length < characters:
        parts.append(("\n\n" if turn % 4 == 0 else "") + more[turn % len(more)])
        length += len(parts[-1])
        turn += 1
    whole = "".join(parts)
    return whole if len(text) >= characters else whole[:characters]
