"""The codes of `Suspect.reasons`: what speaks for and against a label, as sentences."""

from __future__ import annotations

REASONS: dict[str, tuple[str, str]] = {
    "content-against": (
        "What the completions say speaks against the label when length, format and the like are "
        "taken out.",
        "回复的内容与标签相悖，即使排除长度、格式等因素也是如此。",
    ),
    "content-for": (
        "What the completions say speaks for the label when length, format and the like are taken "
        "out.",
        "排除长度、格式等因素后，回复的内容支持该标签。",
    ),
    "views-agree": (
        "All views speak against the label.",
        "所有视角都与标签相悖。",
    ),
    "views-disagree": (
        "Some views speak for the label, others against it.",
        "有的视角支持该标签，有的与之相悖。",
    ),
    "controls-for": (
        "Length, format and the like speak for the label: they are not what is held against it.",
        "长度、格式等因素支持该标签：质疑并非由它们引起。",
    ),
    "controls-against": (
        "Length, format and the like speak against the label too.",
        "长度、格式等因素也与标签相悖。",
    ),
    "steady": (
        "Models that were trained on other parts of the data say the same.",
        "在数据其他部分上训练的各模型结论一致。",
    ),
    "unsteady": (
        "Models that were trained on other parts of the data differ about it.",
        "在数据其他部分上训练的各模型结论不一。",
    ),
    "longer-rejected": (
        "The rejected completion is at least half as long again as the chosen one.",
        "落选回复至少比中选回复长一半。",
    ),
    "longer-chosen": (
        "The chosen completion is at least half as long again as the rejected one.",
        "中选回复至少比落选回复长一半。",
    ),
    "refusal-chosen": (
        "The chosen completion refuses, the rejected one does not.",
        "中选回复拒绝作答，落选回复没有。",
    ),
    "refusal-rejected": (
        "The rejected completion refuses, the chosen one does not.",
        "落选回复拒绝作答，中选回复没有。",
    ),
    "margin-against": (
        "The margin that the data states is negative: it prefers the rejected completion.",
        "数据自带的分差为负：它偏向落选回复。",
    ),
    "margin-small": (
        "The margin that the data states is among the smallest fifth.",
        "数据自带的分差属于最小的五分之一。",
    ),
    "margin-large": (
        "The margin that the data states is among the largest fifth: whoever labelled was sure.",
        "数据自带的分差属于最大的五分之一：标注者很有把握。",
    ),
}
"""Code to (English, Chinese) sentence, in the order of display."""
