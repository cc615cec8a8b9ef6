"""A Chinese file of preference pairs, 8.6 % of which are copies."""

from __future__ import annotations

import json
import random
from itertools import product
from pathlib import Path

PLACES = (
    "长城", "故宫", "西湖", "黄山", "泰山", "敦煌", "苏州园林", "九寨沟", "兵马俑", "都江堰",
    "布达拉宫", "鼓浪屿", "张家界", "丽江古城", "武夷山", "平遥古城",
)  # fmt: skip
ASKED = (
    "有什么历史", "什么季节去最好", "怎么坐火车去", "门票大概多少钱", "附近有什么小吃",
    "适合带老人去吗", "要玩几天才够", "有哪些拍照的地方",
)  # fmt: skip
GOOD = (
    "建议先看官方公告",
    "可以提前网上预约",
    "请以当地通知为准",
    "最好避开节假日",
    "记得带好身份证",
)
BAD = ("这种问题真无聊", "你自己去查好了", "我懒得回答这个", "随便去哪都一样", "问我也没有用啊")
ROWS, COPIES = 128, 12


def write_chinese(path: Path) -> Path:
    """Writes 128 pairs and 12 copies of them, in an order that is always the same."""
    draw = random.Random(0)
    rows = []
    for place, asked in product(PLACES, ASKED):
        chosen, rejected = (
            f"关于{place}{asked}，{'，'.join(draw.sample(words, draw.randint(2, 4)))}。"
            for words in (GOOD, BAD)
        )
        rows.append({"prompt": f"{place}{asked}？", "chosen": chosen, "rejected": rejected})
    assert len(rows) == ROWS
    rows += draw.sample(rows, COPIES)
    lines = (json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path
