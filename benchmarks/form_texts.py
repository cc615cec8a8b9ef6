"""Sentences to make questions and answers of, in English and Chinese, for `form_edits.py`.

Written for this benchmark. Slots in braces are filled with words that exclude one another.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Bank:
    """The sentences of a language. `negations`, `opposites` and `confusable`: texts that can take
    each other's place, and then mean something else."""

    questions: tuple[str, ...]
    answers: tuple[str, ...]
    slots: dict[str, tuple[str, ...]]
    negations: list[tuple[str, str]]
    opposites: list[tuple[str, str]]
    confusable: list[tuple[str, str]]
    between: str

    def text(self, sentences: tuple[str, ...], count: int, draw: random.Random) -> str:
        """So many sentences, each once, with their slots filled."""
        return self.between.join(
            self._filled(s, draw) for s in draw.sample(sentences, min(count, len(sentences)))
        )

    def _filled(self, sentence: str, draw: random.Random) -> str:
        def word(found: re.Match[str]) -> str:
            name = found[1]
            return str(draw.randrange(12, 980)) if name == "n" else draw.choice(self.slots[name])

        return re.sub(r"\{(\w+)\}", word, sentence)


ENGLISH = Bank(
    questions=(
        "How do I {do} an old {thing} that was left in the rain for {n} days?",
        "My neighbor in {place} wants to {do} the {thing}, and I would like to know what it costs.",
        "Explain to a beginner how people in {place} {do} a {thing} before the winter begins.",
        'Somebody told me that "a good {thing} lasts {n} years", and I doubt if this is true.',
        "I have {n} dollars and a free weekend, and I need a plan for a trip to {place}.",
        "Which color fits best to a {thing} in a small kitchen with little light from the north?",
        "Write a friendly letter to {name}, who lost the {thing} on the way to {place}.",
        "What should {name} do first, and what can wait until the guests from {place} have left?",
        "Please compare a {thing} with a {thing2}, and say which one you would rather keep.",
        "The theater in {place} will open on {day}, and {n} people are on the list of guests.",
        "Summarize in a few words why {name} traveled to {place} without the {thing}.",
        "Give me a list of things that I need when I {do} a {thing2} at home.",
    ),
    answers=(
        "First look at the {thing} in daylight and write down every crack that you can find.",
        "It takes about {n} minutes, and most of them are spent waiting for the glue to dry.",
        "You should not use hot water, because the surface of a {thing} turns dull and soft.",
        "{name} always keeps a spare {thing2} in the cellar, just behind the gray cupboard.",
        "In {place} people do this on {day}, when the market is closed and the streets are quiet.",
        "The cheapest way is to ask a neighbor who has done it before and still has the tools.",
        "If the color fades after a few weeks, put on a second layer and let it rest for a night.",
        'My grandmother used to say that "patience is half of the work", and I think so too.',
        "Then you can organize the parts on a clean table, from the smallest to the largest.",
        "Before you start, open the window and put on gloves, since the smell is quite strong.",
        "A new {thing} would cost some {n} dollars, which is more than most people want to pay.",
        "I would begin with the left side, where the damage is small, and learn as you go.",
        "The train to {place} leaves every morning at nine and takes less than {n} minutes.",
        "You will realize soon that the old screws are better than the ones in the shop.",
        "Most guests like a simple meal with bread, cheese and a little salad from the garden.",
        "After that the {thing2} has to stand in the shade, or the wood will bend again.",
        "There is more than one answer, and it depends on how often you use the {thing}.",
        "Ask {name} for the key, walk through the center of {place} and turn right at the bridge.",
        "The flavor is best when the soup is cooked slowly and served with a spoon of cream.",
        "Finally, clean the brushes with warm water and tell {name} that the work is done.",
    ),
    slots={
        "thing": ("table", "bicycle", "piano", "lamp", "boat", "carpet", "clock", "guitar"),
        "thing2": ("chair", "basket", "kettle", "mirror", "ladder", "blanket"),
        "place": ("Lisbon", "Oslo", "Kyoto", "Quito", "Dublin", "Nairobi", "Prague"),
        "name": ("Maria", "Jonas", "Priya", "Chen", "Amina", "Viktor"),
        "day": ("Monday", "Tuesday", "Thursday", "Saturday", "Sunday"),
        "do": ("repair", "paint", "sell", "clean", "insure", "borrow"),
    },
    negations=[("should not", "should"), ("You should", "You should not"),
               ("It takes", "It never takes"),
               ("is true", "is not true"), ("without the", "with the"), ("You will", "You won't")],
    opposites=[("always", "never"), ("cheapest", "dearest"), ("left side", "right side"),
               ("smallest to the largest", "largest to the smallest"), ("more than", "less than"),
               ("open the window", "close the window"), ("First", "Last"), ("better", "worse")],
    confusable=[("from the", "form the"), ("quite", "quiet"), ("glue", "glow"),
                ("country", "county"), ("cream", "dream"), ("bread", "beard"),
                ("wood", "wool"), ("soup", "soap"), ("meal", "metal"), ("shade", "shape"),
                ("bend", "bond"), ("rest", "rust")],
    between=" ",
)  # fmt: skip

CHINESE = Bank(
    questions=(
        "我家的{thing}在雨里放了{n}天，现在应该怎么{do}，需要准备哪些工具？",
        "住在{place}的邻居想{do}一张旧{thing}，大概要花多少钱，值不值得？",
        "请给初学者讲一讲，{place}人在冬天到来之前是怎么{do}{thing}的。",
        "有人说“好的{thing}能用{n}年”，我想知道这句话是不是真的。",
        "我有{n}块钱和一个空闲的周末，请帮我安排一次去{place}的旅行。",
        "请给{name}写一封亲切的信，他在去{place}的路上把{thing}弄丢了。",
        "{place}的剧院{day}开门，名单上一共有{n}位客人，请写一份通知。",
        "请比较一下{thing}和{thing2}，说说你更愿意留下哪一个，为什么。",
    ),
    answers=(
        "先在白天的光线下仔细看一看{thing}，把找到的每一条裂缝都记下来。",
        "这件事大约需要{n}分钟，大部分时间都在等胶水变干。",
        "不要用热水，因为{thing}的表面会变软，也会失去光泽。",
        "{name}总是在地下室里留一个备用的{thing2}，就放在灰色柜子的后面。",
        "在{place}，人们一般在{day}做这件事，那天市场不开，街上很安静。",
        "最便宜的办法是去问一位做过的邻居，他手里多半还有工具。",
        "如果几个星期以后颜色变淡了，就再涂一层，放一个晚上。",
        "我的外婆常说“耐心是一半的功夫”，我觉得她说得有道理。",
        "开始之前请把窗户打开，戴上手套，因为味道相当重。",
        "买一个新的{thing}大概要{n}块钱，比多数人愿意付的要多。",
        "我会从左边开始，那里的损坏比较小，可以一边做一边学。",
        "去{place}的火车每天早上九点出发，路上不到{n}分钟。",
        "最后用温水把刷子洗干净，再告诉{name}活已经干完了。",
        "答案不止一个，要看你平时用{thing}用得多不多。",
    ),
    slots={
        "thing": ("桌子", "自行车", "钢琴", "台灯", "小船", "地毯"),
        "thing2": ("椅子", "篮子", "水壶", "镜子", "梯子"),
        "place": ("里斯本", "奥斯陆", "京都", "基多", "都柏林"),
        "name": ("小梅", "老王", "阿明", "丽丽"),
        "day": ("星期一", "星期二", "星期四", "星期六"),
        "do": ("修理", "粉刷", "出售", "清洗", "保养"),
    },
    negations=[("不要用", "要用"), ("是不是真的", "为什么是假的"), ("会变软", "不会变软"),
               ("愿意", "不愿意")],
    opposites=[("最便宜", "最昂贵"), ("左边", "右边"), ("打开", "关上"), ("总是", "从不"),
               ("温水", "冷水"), ("比较小", "比较大"), ("早上", "晚上")],
    confusable=[("胶水", "茶水"), ("手套", "外套"), ("外婆", "外公"), ("刷子", "筷子"),
                ("柜子", "箱子")],
    between="",
)  # fmt: skip
