"""Sentences that the audit says in English, in Chinese: what stands between their numbers."""

from __future__ import annotations

import re
from functools import cache

SENTENCES: dict[str, str] = {
    # why labels are not judged
    "labels are not audited: {n} pairs in {m} leakage groups cannot be divided into {k} folds, "
    "since pairs of a group (the same prompt) stay together": (
        "未审计标签：{m} 组中的 {n} 对无法分成 {k} 折，因为同组（同一提示）的样对不能拆开"
    ),
    "It takes {k} groups or more (audit.folds), and some hundred to say anything of single rows": (
        "至少需要 {k} 组（audit.folds）；要评判单个行，则需几百组"
    ),
    "{n} flips were planted in copies of these data, too few to tell whether wrong labels would be "
    "found: it takes {m}, that is some {pairs} pairs in many leakage groups": (
        "数据副本中只标反了 {n} 个标签，太少，看不出错标能否被找出：至少需要 {m} 个，"
        "即分属许多组的约 {pairs} 对"
    ),
    "Single labels are not judged": "不评判单个标签",
    "Single labels cannot be judged here": "这里无法评判单个标签",
    "flips planted in copies of these data are found with {seen}": (
        "在数据副本中故意标反的标签，模型以 {seen} 找出"
    ),
    "0.50 is a coin, and the lower end should reach {least}": (
        "0.50 相当于抛硬币，区间下限须达到 {least}"
    ),
    "flips planted in copies of these data are found with {seen}, and those among labels without "
    "meaning with {n}: that is no better": (
        "在数据副本中故意标反的标签，模型以 {seen} 找出；而在毫无意义的标签中也有 {n}：并不更好"
    ),
    "AUROC {n} (95% interval {low} to {high})": "AUROC {n}（95% 区间 {low} 至 {high}）",
    # the share of wrong labels
    "at most {high}: so many labels, at the upper end of a 95% interval, contradict the models "
    "among the {pairs} pairs ({share}) that these are surest of, and labels turned at random do so "
    "at least at the rate at which labels are turned": (
        "至多 {high}：在模型最有把握的 {pairs} 对（{share}）中，与模型相悖的标签占这么多"
        "（95% 区间上限），而随机标反的标签与模型相悖的比例不会低于标反的比例"
    ),
    "no lower bound but 0 without a review": "没有人工复核，下限只能取 0",
    "95% interval of {n} decisions about rows drawn at random": (
        "依据随机抽取的行上 {n} 条人工判断的 95% 区间"
    ),
    "given in the config": "由配置给定",
    "low: given in the config": "下限由配置给定",
    "high: given in the config": "上限由配置给定",
    # shortcuts
    "{which} is chosen in {share} of the {pairs} pairs that {they}": (
        "在{they}的 {pairs} 对中，{which}中选的占 {share}"
    ),
    "the longer completion": "较长的回复",
    "the completion that stood first": "排在前面的回复",
    "the refusal": "拒答的回复",
    "the completion with more of `{name}`": "`{name}` 较多的回复",
    "the completion of `{name}`": "`{name}` 生成的回复",
    "differ in length": "长度不同",
    "tell which stood first": "记有先后次序",
    "have one completion that refuses": "恰有一侧拒答",
    "differ in it": "这一项不同",
    "{n} columns were learnt from": "共用了 {n} 个特征列",
    "completions do not differ in length": "各对回复长度没有差别",
    "no row says which completion stood first": "没有任何行说明哪个回复排在前面",
    "completions do not differ in format": "各对回复格式没有差别",
    "all rows have one source": "所有行来自同一来源",
    "there is no pair of which one completion refuses": "没有恰有一侧拒答的样对",
    "no row names the models that wrote the completions": "没有任何行写明回复由哪个模型生成",
    "no view sees the completions without the prompt": "没有不看提示、只看回复的视角",
    "the view `{name}` sees the completions without the prompt": (
        "视角 `{name}` 不看提示、只看回复"
    ),
    "all views together are right in {share} of the pairs": "全部视角合并的正确率为 {share}",
    "chosen stands {which} in all {n} pairs whose order is known: the order follows the label, so "
    "that position is no control here": (
        "在记有次序的全部 {n} 对中，中选回复都排在{which}："
        "次序随标签而定，因此位置在这里不能作为对照"
    ),
    "first": "前面",
    "second": "后面",
    # leaving rows out
    "No row was flagged, so nothing could be left out": "没有被标记的行，无可去掉",
    "Trained without the {n} flagged rows, models are right in {a} of the untouched rows": (
        "去掉被标记的 {n} 行后训练，模型在未动的行上正确率为 {a}"
    ),
    "without as many at random, in {a}": "随机去掉同样多的行则为 {a}",
    "The rows are of one group: no interval can be given": "这些行同属一组，无法给出区间",
    "Leaving them out helps ({low} to {high} points)": (
        "去掉它们确有帮助（{low} 至 {high} 个百分点）"
    ),
    "Leaving them out does harm ({low} to {high} points)": (
        "去掉它们反而有害（{low} 至 {high} 个百分点）"
    ),
    "That is no difference that can be told from chance ({low} to {high} points)": (
        "这一差别与偶然无法区分（{low} 至 {high} 个百分点）"
    ),
    "The labels of the untouched rows are as noisy as the others: where labels are turned at "
    "random, the true gain is larger than the one measured": (
        "未动的行的标签同样有噪声：若标签是随机标反的，真实增益会大于测得的增益"
    ),
    # what cannot be computed
    "there are no pairs": "没有样对",
    "no interval: all pairs are of one leakage group": "没有区间：所有样对同属一组",
    "no interval: it is one half by definition": "没有区间：按定义恒为二分之一",
    "no interval: {n} flips were planted, it takes {m}": (
        "没有区间：只标反了 {n} 个，至少需要 {m} 个"
    ),
    "no interval: all planted flips are of one leakage group": ("没有区间：人为标反的样对同属一组"),
    "no row of a review sheet was decided": "复核表中没有任何行作出判断",
}
"""English template to Chinese template; the names in braces stand for numbers and names."""


def in_chinese(text: str) -> str | None:
    """A sentence of the audit in Chinese; None where any part of it is not known.

    >>> in_chinese("Leaving them out helps (+0.4 to +1.4 points).")
    '去掉它们确有帮助（+0.4 至 +1.4 个百分点）。'
    """
    whole = _translated(text.removesuffix("."))
    if whole is not None:
        return whole + "。" if text.endswith(".") else whole
    parts = re.split(r"(\. |; )", text.removesuffix("."))
    translated = [_translated(part) for part in parts[::2]]
    if len(parts) == 1 or None in translated:
        return None
    marks = ["。" if mark == ". " else "；" for mark in parts[1::2]]
    ends = [*marks, "。" if text.endswith(".") else ""]
    return "".join(f"{part}{end}" for part, end in zip(translated, ends, strict=True))


def _translated(part: str) -> str | None:
    for pattern, chinese in _patterns():
        if found := pattern.fullmatch(part):
            values = {
                name: _translated(value) or value for name, value in found.groupdict().items()
            }
            return chinese.format(**values)
    return None


@cache
def _patterns() -> list[tuple[re.Pattern[str], str]]:
    """The longest first: where two fit, it says more of the sentence."""
    said = sorted(SENTENCES.items(), key=lambda each: -len(each[0]))
    return [(_pattern(english), chinese) for english, chinese in said]


def _pattern(english: str) -> re.Pattern[str]:
    """Of a template: what stands in braces is any text, but not beyond the end of a sentence."""
    texts = re.split(r"\{(\w+)\}", english)
    made = [
        rf"(?P<{text}>(?:(?!\. |; ).)+?)" if place % 2 else re.escape(text)
        for place, text in enumerate(texts)
    ]
    return re.compile("".join(made))
