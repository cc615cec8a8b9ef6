"""The Chinese section of a card: its key figures, for teams that work in both languages."""

from __future__ import annotations

from collections.abc import Iterator

from prefdata.reports.card.audit import length_alone
from prefdata.reports.card.markdown import paragraphs, percent
from prefdata.reports.card.summary import CONFLICTS, COPIES, OVERLAPS
from prefdata.reports.card.values import CardValues
from prefdata.results.manifest import equation_in_chinese

_SPLITS = {"train": "训练集", "validation": "验证集", "test": "测试集"}


def chinese(values: CardValues) -> str:
    """The section: a list of points on rows, labels and comparisons."""
    points = (*_of_rows(values), *_of_labels(values), *_of_comparisons(values))
    return paragraphs("## 中文摘要", "\n".join(f"- {point}" for point in points))


def _of_rows(values: CardValues) -> Iterator[str]:
    counts = values.manifest.counts
    splits = "、".join(f"{_SPLITS.get(name, name)} {n:,} 条" for name, n in counts.splits.items())
    yield f"偏好对共 {counts.kept:,} 条：{splits}。" if splits else "没有保留任何偏好对。"
    yield f"{equation_in_chinese(counts)}；每一行的去向和原因都有记录。"
    facts = values.facts
    if languages := facts.main_languages():
        shares = [f"{name} {percent(facts.languages[name], facts.looked_at)}" for name in languages]
        looked = f"（抽看 {facts.looked_at:,} 行）" if facts.looked_at < counts.kept else ""
        yield f"语言：{'、'.join(shares)}{looked}。"


def _of_labels(values: CardValues) -> Iterator[str]:
    entry = values.manifest.audit
    if entry is None or entry.accuracy is None:
        yield "标签未经审计：没有人检查过它们是否正确。"
        return
    alone = length_alone(values)
    beside = "" if alone is None else f"，仅长度基线为 {alone:.2f}"
    if not entry.is_judged:
        judged = "自检不足以评判单个标签"
    elif entry.wrong is None:
        judged = "尚无人读过其中的行，标错多少不得而知"
    else:
        judged = f"据人工判断，{entry.wrong[0]:.1%} 到 {entry.wrong[1]:.1%} 的标签是错的"
    yield f"标签审计：交叉验证的成对准确率 {entry.accuracy:.2f}{beside}，随机为 0.50；{judged}。"


def _of_comparisons(values: CardValues) -> Iterator[str]:
    dropped = values.manifest.counts.dropped
    copies, conflicts, overlaps = (
        sum(dropped.get(code, 0) for code in codes) for codes in (COPIES, CONFLICTS, OVERLAPS)
    )
    yield f"剔除重复和近似重复 {copies:,} 行，标签互相矛盾的 {conflicts:,} 行。"
    if values.manifest.evaluation:
        yield f"已与评测集比对，剔除重叠的 {overlaps:,} 行。"
    else:
        yield "未与任何评测集比对。"
