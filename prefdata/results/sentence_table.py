"""The words of every sentence: code to a template in English and one in Chinese.

Both name the same values in braces, with a format where they are numbers; the format of several
texts (`{names:, }`) is what stands between them. A value may be a sentence: then it is in the
language of the one around it.
"""

from __future__ import annotations

Template = tuple[str, str]

_WHOLE: dict[str, Template] = {
    "clauses": ("{clauses:; }", "{clauses:；}"),
    "paragraph": ("{sentences: }", "{sentences:}"),
}
"""Sentences made of sentences."""

_METRICS: dict[str, Template] = {
    "metrics.no-pairs": ("there are no pairs", "没有样对"),
    "metrics.one-group": (
        "no interval: all pairs are of one leakage group",
        "没有区间：所有样对同属一组",
    ),
    "metrics.one-half": (
        "no interval: it is one half by definition",
        "没有区间：按定义恒为二分之一",
    ),
    "metrics.too-few-points": ("it takes two points or more", "至少需要两个点"),
    "metrics.constant": ("a quantity is the same everywhere", "其中一个量处处相同"),
    "metrics.no-margin": ("no pair has a margin", "没有任何样对带有分差"),
    "metrics.margins-unused": ("the model was trained without margins", "模型训练时没有用到分差"),
    "baseline.constant": (
        "the same reward for every completion: all pairs tie, and a coin decides",
        "所有回复奖励相同：各对皆平，由抛硬币决定",
    ),
    "baseline.length": (
        "{rule}: {weight:.3g} times log length, fitted on {pairs:,} pairs",
        "{rule}：长度对数的 {weight:.3g} 倍，由 {pairs:,} 对拟合",
    ),
    "baseline.longer": ("the longer completion is better", "较长的回复更好"),
    "baseline.shorter": ("the shorter completion is better", "较短的回复更好"),
    "baseline.no-length": ("length says nothing", "长度不说明什么"),
    "baseline.shuffled": (
        "trained again on labels put in random order",
        "用打乱次序的标签重新训练",
    ),
    "baseline.flipped": (
        "labels of whole groups turned round by a coin, many times",
        "由抛硬币把整组标签翻转，重复多次",
    ),
    "baseline.by-chance": (
        "trained on labels of whole groups turned by a coin, and measured on these",
        "用由抛硬币整组翻转的标签训练，并在这些标签上测量",
    ),
}
"""How numbers of a reward model were made, and why some cannot be computed."""

_POWER: dict[str, Template] = {
    "power.too-few": (
        "no interval: {planted} flips were planted, it takes {least}",
        "没有区间：只标反了 {planted} 个，至少需要 {least} 个",
    ),
    "power.one-group": (
        "no interval: all planted flips are of one leakage group",
        "没有区间：人为标反的样对同属一组",
    ),
    "power.auroc": (
        "AUROC {auroc:.2f} (95% interval {low:.2f} to {high:.2f})",
        "AUROC {auroc:.2f}（95% 区间 {low:.2f} 至 {high:.2f}）",
    ),
}
"""What the self-test finds."""

_JUDGED: dict[str, Template] = {
    "not-judged.few-groups": (
        "labels are not audited: {pairs:,} pairs in {groups:,} leakage groups cannot be divided "
        "into {folds} folds, since pairs of a group (the same prompt) stay together. It takes "
        "{folds} groups or more (audit.folds), and some hundred to say anything of single rows.",
        "未审计标签：{groups:,} 组中的 {pairs:,} 对无法分成 {folds} 折，因为同组（同一提示）的样对"
        "不能拆开。至少需要 {folds} 组（audit.folds）；要评判单个行，则需几百组。",
    ),
    "not-judged.few-flips": (
        "{planted} flips were planted in copies of these data, too few to tell whether wrong "
        "labels would be found: it takes {least}, that is some {pairs:,} pairs in many leakage "
        "groups. Single labels are not judged.",
        "数据副本中只标反了 {planted} 个标签，太少，看不出错标能否被找出：至少需要 {least} 个，"
        "即分属许多组的约 {pairs:,} 对。不评判单个标签。",
    ),
    "not-judged.weak": (
        "flips planted in copies of these data are found with {seen}; 0.50 is a coin, and the "
        "lower end should reach {least:.2f}. Single labels cannot be judged here.",
        "在数据副本中故意标反的标签，模型以 {seen} 找出；0.50 相当于抛硬币，区间下限须达到 "
        "{least:.2f}。这里无法评判单个标签。",
    ),
    "not-judged.no-better": (
        "flips planted in copies of these data are found with {seen}, and those among labels "
        "without meaning with {null:.2f}: that is no better. Single labels cannot be judged here.",
        "在数据副本中故意标反的标签，模型以 {seen} 找出；而在毫无意义的标签中也有 {null:.2f}："
        "并不更好。这里无法评判单个标签。",
    ),
    "judged.none": ("audit: no row was judged ({why})", "审计：没有评判任何行（{why}）"),
    "judged.top": (
        "rows likely flipped: {likely:,}; audit.top took the {taken:,} likeliest",
        "很可能标反的行：{likely:,}；按 audit.top 取了可能性最大的 {taken:,} 行",
    ),
    "judged.flip": (
        "P(flip) {flip:.2f} ({low:.2f}-{high:.2f})",
        "标反概率 {flip:.2f}（{low:.2f}–{high:.2f}）",
    ),
    "judged.soft": ("label_probability {probability:.2f}", "label_probability {probability:.2f}"),
    "judged.margin": (
        "reward margin {margin:+.2f}, spread {spread:.2f}",
        "奖励差 {margin:+.2f}，离散度 {spread:.2f}",
    ),
}
"""Whether single labels are judged, and what is said of those that are."""

_PRIOR: dict[str, Template] = {
    "prior.bound": (
        "at most {high:.1%}: so many labels, at the upper end of a 95% interval, contradict the "
        "models among the {pairs:,} pairs ({share:.0%}) that these are surest of, and labels "
        "turned at random do so at least at the rate at which labels are turned",
        "至多 {high:.1%}：在模型最有把握的 {pairs:,} 对（{share:.0%}）中，与模型相悖的标签占这么多"
        "（95% 区间上限），而随机标反的标签与模型相悖的比例不会低于标反的比例",
    ),
    "prior.from-zero": (
        "no lower bound but 0 without a review",
        "没有人工复核，下限只能取 0",
    ),
    "prior.reviewed": (
        "95% interval of {decisions:,} decisions about rows drawn at random",
        "依据随机抽取的行上 {decisions:,} 条人工判断的 95% 区间",
    ),
    "prior.given": ("given in the config", "由配置给定"),
    "prior.low-given": ("low: given in the config", "下限由配置给定"),
    "prior.high-given": ("high: given in the config", "上限由配置给定"),
    "review.nobody": ("no row of a review sheet was decided", "复核表中没有任何行作出判断"),
}
"""The share of wrong labels."""

_SHORTCUTS: dict[str, Template] = {
    "shortcut.length": (
        "the longer completion is chosen in {share:.0%} of the {pairs:,} pairs that differ in "
        "length",
        "在长度不同的 {pairs:,} 对中，较长的回复中选的占 {share:.0%}",
    ),
    "shortcut.position": (
        "the completion that stood first is chosen in {share:.0%} of the {pairs:,} pairs that tell "
        "which stood first",
        "在记有先后次序的 {pairs:,} 对中，排在前面的回复中选的占 {share:.0%}",
    ),
    "shortcut.refusal": (
        "the refusal is chosen in {share:.0%} of the {pairs:,} pairs that have one completion that "
        "refuses",
        "在恰有一侧拒答的 {pairs:,} 对中，拒答的回复中选的占 {share:.0%}",
    ),
    "shortcut.model": (
        "the completion of `{name}` is chosen in {share:.0%} of the {pairs:,} pairs that differ in "
        "it",
        "在这一项不同的 {pairs:,} 对中，`{name}` 生成的回复中选的占 {share:.0%}",
    ),
    "shortcut.column": (
        "the completion with more of `{name}` is chosen in {share:.0%} of the {pairs:,} pairs that "
        "differ in it",
        "在这一项不同的 {pairs:,} 对中，`{name}` 较多的回复中选的占 {share:.0%}",
    ),
    "shortcut.columns": ("{columns:,} columns were learnt from", "共用了 {columns:,} 个特征列"),
    "shortcut.no-length": ("completions do not differ in length", "各对回复长度没有差别"),
    "shortcut.no-position": (
        "no row says which completion stood first",
        "没有任何行说明哪个回复排在前面",
    ),
    "shortcut.no-format": ("completions do not differ in format", "各对回复格式没有差别"),
    "shortcut.no-source": ("all rows have one source", "所有行来自同一来源"),
    "shortcut.no-refusal": (
        "there is no pair of which one completion refuses",
        "没有恰有一侧拒答的样对",
    ),
    "shortcut.no-model": (
        "no row names the models that wrote the completions",
        "没有任何行写明回复由哪个模型生成",
    ),
    "shortcut.no-blind-view": (
        "no view sees the completions without the prompt",
        "没有不看提示、只看回复的视角",
    ),
    "shortcut.blind-view": (
        "the view `{view}` sees the completions without the prompt; all views together are right "
        "in {share:.0%} of the pairs",
        "视角 `{view}` 不看提示、只看回复；全部视角合并的正确率为 {share:.0%}",
    ),
    "control.always-first": (
        "chosen stands first in all {pairs:,} pairs whose order is known: the order follows the "
        "label, so that position is no control here",
        "在记有次序的全部 {pairs:,} 对中，中选回复都排在前面：次序随标签而定，因此位置在这里不能"
        "作为对照",
    ),
    "control.always-second": (
        "chosen stands second in all {pairs:,} pairs whose order is known: the order follows the "
        "label, so that position is no control here",
        "在记有次序的全部 {pairs:,} 对中，中选回复都排在后面：次序随标签而定，因此位置在这里不能"
        "作为对照",
    ),
    "control.rare-models": (
        "{models:,} models are each in less than {ratio:.0%} of the pairs: they share one column",
        "{models:,} 个模型各自出现在不到 {ratio:.0%} 的样对中：合用一个特征列",
    ),
    "control.rare-sources": (
        "{sources:,} sources are each in less than {ratio:.0%} of the pairs: they share one column",
        "{sources:,} 个来源各自出现在不到 {ratio:.0%} 的样对中：合用一个特征列",
    ),
}
"""What can be known of labels without reading what matters."""

_ABLATION: dict[str, Template] = {
    "ablation.nothing": (
        "No row was flagged, so nothing could be left out.",
        "没有被标记的行，无可去掉。",
    ),
    "ablation.measured": (
        "Trained without the {flagged:,} flagged rows, models are right in {without:.1%} of the "
        "untouched rows; without as many at random, in {random:.1%}.",
        "去掉被标记的 {flagged:,} 行后训练，模型在未动的行上正确率为 {without:.1%}；"
        "随机去掉同样多的行则为 {random:.1%}。",
    ),
    "ablation.one-group": (
        "The rows are of one group: no interval can be given.",
        "这些行同属一组，无法给出区间。",
    ),
    "ablation.helps": (
        "Leaving them out helps ({low:+.2f} to {high:+.2f} points).",
        "去掉它们确有帮助（{low:+.2f} 至 {high:+.2f} 个百分点）。",
    ),
    "ablation.harms": (
        "Leaving them out does harm ({low:+.2f} to {high:+.2f} points).",
        "去掉它们反而有害（{low:+.2f} 至 {high:+.2f} 个百分点）。",
    ),
    "ablation.no-difference": (
        "That is no difference that can be told from chance ({low:+.2f} to {high:+.2f} points).",
        "这一差别与偶然无法区分（{low:+.2f} 至 {high:+.2f} 个百分点）。",
    ),
    "ablation.noisy": (
        "The labels of the untouched rows are as noisy as the others: where labels are turned at "
        "random, the true gain is larger than the one measured.",
        "未动的行的标签同样有噪声：若标签是随机标反的，真实增益会大于测得的增益。",
    ),
    "ablation.few-groups": (
        "no ablation with {test:.0%} of the rows put aside: {why}",
        "留出 {test:.0%} 的行后无法做消融：{why}",
    ),
}
"""Leaving flagged rows out."""

_REVIEW: dict[str, Template] = {
    "review.decisions": (
        "{decisions:,} decisions of {file}; rows: {counts:, }",
        "{file} 中的 {decisions:,} 条判断；行数：{counts:，}",
    ),
    "review.none": ("none", "无"),
    "review.count": ("{decision} {rows:,}", "{decision} {rows:,}"),
    "review.row": ("{decision}: {place}", "{decision}：{place}"),
    "review.noted": ("{decision}: {place}: {note}", "{decision}：{place}：{note}"),
    "review.line": ("{file}, line {line}", "{file} 第 {line} 行"),
    "review.mirrored": (
        "{file}, line {line}, where its sides stand the other way round",
        "{file} 第 {line} 行，那里两侧次序相反",
    ),
    "decision.keep": ("keep", "保留"),
    "decision.flip": ("flip", "翻转"),
    "decision.swapped": (
        "flip, so chosen and rejected change places",
        "翻转，因此 chosen 与 rejected 互换",
    ),
    "decision.drop": ("drop", "剔除"),
    "decision.unsure": ("unsure", "不确定"),
    "review.unmatched": (
        "about rows that are not in the data, or that another step has dropped: {rows:,} (line "
        "{lines:, })",
        "所判断的行不在数据中，或已被其他步骤剔除：{rows:,} 条（第 {lines:、} 行）",
    ),
    "review.many-unmatched": (
        "about rows that are not in the data, or that another step has dropped: {rows:,} (line "
        "{lines:, } and {more:,} more)",
        "所判断的行不在数据中，或已被其他步骤剔除：{rows:,} 条（第 {lines:、} 行及"
        "另外 {more:,} 条）",
    ),
}
"""What people decided."""

_READING: dict[str, Template] = {
    "read.some-margins": (
        "{with_margin} of {rows} records have a margin",
        "{rows} 条记录中只有 {with_margin} 条带有分差",
    ),
    "tokenizer.pad-is-eos": (
        "{cause}. A reward model reads its reward at the last token that is not the pad token, so "
        "before EOS. Give the tokenizer a pad token of its own.",
        "{cause}。奖励模型在最后一个非填充词元处读取奖励，也就是在 EOS 之前。请为分词器单独设一个"
        "填充词元。",
    ),
    "tokenizer.pads-with-eos": (
        "The tokenizer has no pad token; trainers pad with EOS",
        "分词器没有填充词元，训练程序会用 EOS 填充",
    ),
    "tokenizer.cannot-pad": (
        "The tokenizer has no pad token; trainers stop: there is no EOS either",
        "分词器没有填充词元，也没有 EOS，训练程序会停下",
    ),
    "tokenizer.same-token": (
        "The pad token is the EOS token ({token!r})",
        "填充词元就是 EOS 词元（{token!r}）",
    ),
}
"""What is to be said of rows that were read, and of a tokenizer."""

_COMPARING: dict[str, Template] = {
    "evaluation.no-prompt": (
        "{file}: {without} of {rows} rows hold no prompt in {field}",
        "{file}：{rows} 行中有 {without} 行的 {field} 里没有提示",
    ),
    "evaluation.unreadable": (
        "{file}: {unreadable} of {rows} rows could not be read, the first at {example}",
        "{file}：{rows} 行中有 {unreadable} 行无法读取，第一处在 {example}",
    ),
    "evaluation.common": (
        "{prompts:,} evaluation prompts consist of n-grams that too many others share "
        "(against.common): only rows equal to them are found",
        "{prompts:,} 条评测提示只由许多提示共有的 n 元词组构成（against.common）：只能找出与之"
        "完全相同的行",
    ),
    "near.uncompared": (
        "looking for {what}, up to {pairs:,} pairs that share a crowded band were not compared "
        "(near.crowd: {crowd})",
        "查找{what}时，同处一个拥挤分段的至多 {pairs:,} 对没有比较（near.crowd：{crowd}）",
    ),
    "near.duplicates": ("near-duplicates", "近似重复"),
    "near.prompts": ("similar prompts", "相似的提示"),
    "groups.giants": (
        "in train, as is every group with more than {share:.1%} of the rows: {groups:; }",
        "归入 train，凡占行数 {share:.1%} 以上的组都是如此：{groups:；}",
    ),
    "groups.giant": (
        "the group of row {row} holds {rows:,} of {total:,} rows ({share:.1%}), from {sources:, }",
        "第 {row} 行所在的组占 {total:,} 行中的 {rows:,} 行（{share:.1%}），来自 {sources:、}",
    ),
    "groups.more": (
        "{groups} more groups hold {rows:,} rows",
        "另有 {groups} 组，共 {rows:,} 行",
    ),
    "groups.source": ("{source} ({rows:,})", "{source}（{rows:,}）"),
    "groups.more-sources": (
        "{sources} more sources ({rows:,})",
        "另外 {sources} 个来源（{rows:,}）",
    ),
}
"""What is to be said of comparing rows."""

_SEMANTIC: dict[str, Template] = {
    "encoder.averaged": (
        "{beyond:,} of {texts:,} texts are longer than the {window} tokens that the encoder looks "
        "at: embedded in {chunks:.1f} chunks on average, averaged",
        "{texts:,} 段文本中有 {beyond:,} 段超过编码器一次能看的 {window} 个词元：平均分成 "
        "{chunks:.1f} 块编码，再取平均",
    ),
    "encoder.first-counts": (
        "{beyond:,} of {texts:,} texts are longer than the {window} tokens that the encoder looks "
        "at: embedded in {chunks:.1f} chunks on average, of which the first counts (encoder.long)",
        "{texts:,} 段文本中有 {beyond:,} 段超过编码器一次能看的 {window} 个词元：平均分成 "
        "{chunks:.1f} 块编码，只取第一块（encoder.long）",
    ),
    "filter.approximate": (
        "{step}: searched by an index, recall {recall:.3f} (exact_rows)",
        "{step}：用索引查找，召回率 {recall:.3f}（exact_rows）",
    ),
    "filter.none-judged": (
        "{step}: none of {rows:,} rows could be judged",
        "{step}：{rows:,} 行中没有一行可以评判",
    ),
    "filter.none-judged-since": (
        "{step}: none of {rows:,} rows could be judged ({why:; })",
        "{step}：{rows:,} 行中没有一行可以评判（{why:；}）",
    ),
}
"""What is to be said of embeddings and of the filters on them."""

_REWARD: dict[str, Template] = {
    "reward.none-judged": (
        "reward: no row could be judged ({why:, })",
        "奖励：没有一行可以评判（{why:，}）",
    ),
    "reward.counted": ("{why}: {rows:,}", "{why}：{rows:,}"),
    "reward.not-tokenised": (
        "the language model judges nothing of {lost:, }",
        "语言模型不评判以下各行：{lost:，}",
    ),
    "reward.lost": ("{rows:,} {reason}", "{rows:,} 行 {reason}"),
    "reward.pad-is-eos": (
        "the reward model pads with {token!r}, which ends texts too: its rewards are read at the "
        "last token, and transformers reads them one token earlier",
        "奖励模型用 {token!r} 填充，而它也用来结束文本：这里在最后一个词元处读取奖励，"
        "transformers 则早一个词元读取",
    ),
    "backbone.has-head": (
        "the model has a reward head already: training goes on from it",
        "模型已有奖励头：训练由此继续",
    ),
    "backbone.new-head": (
        "the head of the model gave several numbers: it was replaced by a new one",
        "模型原有的头给出多个数：已换成新的头",
    ),
    "backbone.padding": (
        "the padding token was {before}; it is {token} now, so that every reader of the model "
        "takes the reward at the last token",
        "填充词元原为 {before}；现改为 {token}，使任何读取方都在最后一个词元处取奖励",
    ),
    "backbone.new-padding": (
        "the padding token was {before}; it is {token} now, so that every reader of the model "
        "takes the reward at the last token (one row was added to the embeddings for it)",
        "填充词元原为 {before}；现改为 {token}，使任何读取方都在最后一个词元处取奖励"
        "（为此给词嵌入加了一行）",
    ),
    "backbone.no-padding": ("none", "无"),
    "backbone.eos": ("{token} (EOS)", "{token}（EOS）"),
    "train.plain-text": (
        "the tokenizer has no chat template: prompt and completion were joined as they are, with "
        "the end-of-text token after them. Who is speaking is lost where a prompt has several "
        "turns",
        "分词器没有对话模板：提示与回复原样相接，其后加文本结束词元。多轮提示中由谁说话因此丢失",
    ),
    "train.some-pairs": (
        "{rows:,} of {pairs:,} pairs (see rows.parquet)",
        "{pairs:,} 对中的 {rows:,} 对（见 rows.parquet）",
    ),
    "train.beyond-positions": (
        "the model was made for {positions:,} tokens, and the longest pair has {longest:,}: "
        "--max-length {limit} leaves such pairs out",
        "模型只适用于 {positions:,} 个词元，而最长的一对有 {longest:,} 个：用 --max-length {limit} "
        "可去掉这样的样对",
    ),
    "train.stopped-by-held-out": (
        "there is no validation split, so the held-out pairs decided when to stop: their metrics "
        "are a little too good. Set split.validation",
        "没有验证集，因此由留出的样对决定何时停止：它们的指标会略为偏高。请设置 split.validation",
    ),
    "train.unfinished": (
        "{unfinished:,} of {fits:,} fits came to the end of their steps before they converged: a "
        "larger head.penalty converges sooner",
        "{fits:,} 次拟合中有 {unfinished:,} 次在收敛前用完了步数：调大 head.penalty 会更快收敛",
    ),
}
"""What is to be said of a reward model and of training one."""

_TEXTS: dict[str, Template] = {
    "text.quoted": ("{place}: {quote}", "{place}：{quote}"),
    "text.begins-with": ("{side} begins with {quote}", "{side} 以 {quote} 开头"),
    "text.character": (
        "{place}: U+{character:04X} in {quote}",
        "{place}：{quote} 中有 U+{character:04X}",
    ),
    "text.refuses": ("{side} refuses: {quote}", "{side} 拒答：{quote}"),
    "text.no-message": ("{side} holds no message", "{side} 没有任何消息"),
    "text.blank": ("{side} shows no text: {quote}", "{side} 不显示任何文字：{quote}"),
    "text.placeholder": ("{side} is only {quote}", "{side} 只有 {quote}"),
    "turns.asks": ("{place} is a {role} message: {quote}", "{place} 是 {role} 消息：{quote}"),
    "turns.second-answer": (
        "{place} answers after another answer, {before}",
        "{place} 又作回答，而 {before} 已是回答",
    ),
    "turns.ends-with": ("{side} ends with a {role} message", "{side} 以 {role} 消息结尾"),
    "turns.same-role": (
        "{before} and {after} are both {role} messages",
        "{before} 与 {after} 都是 {role} 消息",
    ),
    "turns.late-system": (
        "{place} is a system message after a {role} message",
        "{place} 是 system 消息，却排在 {role} 消息之后",
    ),
    "sides.same": ("both are {quote}", "两侧都是 {quote}"),
    "sides.same-folded": (
        "the same but for case, spaces or Unicode form: {quote}",
        "除大小写、空格或 Unicode 形式外完全相同：{quote}",
    ),
    "sides.goes-on": (
        "{longer} goes on where {shorter} ends: {quote}",
        "{shorter} 结束之处，{longer} 接着写：{quote}",
    ),
    "sides.echo": ("{side} begins with the prompt: {quote}", "{side} 以提示开头：{quote}"),
    "margin.zero": ("margin is 0: neither side is preferred", "分差为 0：两侧不分高下"),
    "margin.negative": (
        "margin is {margin:g}: rejected is the better side",
        "分差为 {margin:g}：rejected 一侧更好",
    ),
    "margin.invalid": ("margin is {margin}", "分差为 {margin}"),
    "tokens.too-long": (
        "chosen {chosen} tokens, rejected {rejected}, allowed {allowed}",
        "chosen 有 {chosen} 个词元，rejected 有 {rejected} 个，允许 {allowed} 个",
    ),
    "tokens.same": (
        "Both sides are the same {tokens} tokens to this tokenizer",
        "对这个分词器而言，两侧是同样的 {tokens} 个词元",
    ),
    "tokens.late-difference": (
        "The sides differ from token {first} on; a trainer keeps the first {kept}",
        "两侧从第 {first} 个词元起才不同，而训练程序只留前 {kept} 个",
    ),
    "template.fails": (
        "The chat template fails on {what}: {error}",
        "对话模板在{what}上出错：{error}",
    ),
    "template.side": ("prompt + {side}", "提示加 {side} "),
    "template.prompt": ("the prompt alone", "单独的提示"),
    "template.same-text": (
        "Chosen and rejected become the same text ({mode})",
        "chosen 与 rejected 变成了同样的文本（{mode}）",
    ),
}
"""What a rule has seen in a row."""

_PAIRS: dict[str, Template] = {
    "exact.copy": (
        "one of {copies} copies of the pair; row {first} is the first",
        "该样对共有 {copies} 份，第 {first} 行最早",
    ),
    "exact.opposite": (
        "row {other} prefers the other completion",
        "第 {other} 行偏好另一个回复",
    ),
    "near.pair": (
        "similarity {similarity:.3f} to row {other} (prompt {prompt:.3f}, chosen {first:.3f}, "
        "rejected {second:.3f})",
        "与第 {other} 行的相似度为 {similarity:.3f}（提示 {prompt:.3f}，chosen {first:.3f}，"
        "rejected {second:.3f}）",
    ),
    "near.completion": (
        "completion similarity {similarity:.3f} to row {other} (chosen {first:.3f}, rejected "
        "{second:.3f})",
        "与第 {other} 行的回复相似度为 {similarity:.3f}（chosen {first:.3f}，rejected "
        "{second:.3f}）",
    ),
    "near.prompt": (
        "prompt similarity {similarity:.3f} to row {other}",
        "与第 {other} 行的提示相似度为 {similarity:.3f}",
    ),
    "near.same-completion": (
        "the completion of row {first} again",
        "与第 {first} 行的回复相同",
    ),
    "near.same-prompt": ("the prompt of row {first} again", "与第 {first} 行的提示相同"),
    "near.opposite": (
        "row {other} prefers the other completion; similarity {similarity:.3f} (prompt "
        "{prompt:.3f}, chosen as its rejected {first:.3f}, rejected as its chosen {second:.3f})",
        "第 {other} 行偏好另一个回复；相似度为 {similarity:.3f}（提示 {prompt:.3f}，chosen 与其 "
        "rejected {first:.3f}，rejected 与其 chosen {second:.3f}）",
    ),
    "near.contradicted": (
        "near-duplicate of row {row}, whose cluster is contradicted: row {other} says the opposite "
        "of row {speaker}",
        "与第 {row} 行近似重复，而该行所在的簇与他行相悖：第 {other} 行与第 {speaker} 行相反",
    ),
    "row": ("row {row}", "第 {row} 行"),
    "cycle.circle": (
        "{rows: > } prefer in a circle ({completions} completions)",
        "{rows: > } 的偏好成环（{completions} 个回复）",
    ),
    "cycle.not-found": (
        "one of {rows} rows that prefer in circles ({completions} completions); the shortest "
        "through this row was not found in {steps} steps",
        "偏好成环的 {rows} 行之一（{completions} 个回复）；在 {steps} 步内没有找到经过该行的最短环",
    ),
    "groups.bridge": ("connects {one} with {other}", "把{one}与{other}连在一起"),
    "groups.link": ("row {row} ({split}, {kind})", "第 {row} 行（{split}，{kind}）"),
    "groups.same-prompt": ("same prompt", "提示相同"),
    "groups.same-turn": ("same first turn", "首轮相同"),
    "groups.similar": ("similar prompt", "提示相似"),
    "evaluation.equals": (
        "prompt equals {place}, {quote}, after normalising",
        "规范化后，提示与 {place} 的 {quote} 相同",
    ),
    "evaluation.overlaps": (
        "prompt overlaps {place}, {quote}: {share:.2f} of its {ngrams} n-grams",
        "提示与 {place} 的 {quote} 重叠：其 {ngrams} 个 n 元词组中占 {share:.2f}",
    ),
}
"""What a comparison of rows has found."""

_FILTERED: dict[str, Template] = {
    "threshold": ("threshold {threshold:.3f}", "阈值 {threshold:.3f}"),
    "threshold.none": ("no threshold", "没有阈值"),
    "semantic.contrast": (
        "chosen and rejected: similarity {similarity:.3f} ({limit})",
        "chosen 与 rejected 的相似度为 {similarity:.3f}（{limit}）",
    ),
    "semantic.topic": (
        "similarity of {side} to its prompt {own:.3f}, to another {other:.3f}: {difference:.3f} "
        "({limit}); {nearer:.0%} of the prompts compared are nearer",
        "{side} 与其提示的相似度为 {own:.3f}，与另一提示为 {other:.3f}：差 {difference:.3f}"
        "（{limit}）；所比较的提示中有 {nearer:.0%} 更近",
    ),
    "semantic.outlier": (
        "mean similarity of the prompt to its {neighbours} nearest others {mean:.3f} ({limit})",
        "提示与最近的 {neighbours} 条其他提示的平均相似度为 {mean:.3f}（{limit}）",
    ),
    "semantic.lone-outlier": (
        "mean similarity of the prompt to its nearest other {mean:.3f} ({limit})",
        "提示与最近的另一条提示的相似度为 {mean:.3f}（{limit}）",
    ),
    "semantic.resembles": (
        "{what}: similarity {similarity:.3f} to {place} ({limit})",
        "{what}：与 {place} 的相似度为 {similarity:.3f}（{limit}）",
    ),
    "semantic.unlike": (
        "{what}: similarity {similarity:.3f} to the nearest example, {place} ({limit})",
        "{what}：与最近的示例 {place} 的相似度为 {similarity:.3f}（{limit}）",
    ),
    "semantic.duplicate": (
        "similarity {similarity:.3f} to row {row} ({parts:, }; {limit})",
        "与第 {row} 行的相似度为 {similarity:.3f}（{parts:，}；{limit}）",
    ),
    "semantic.part": ("{name} {similarity:.3f}", "{name} {similarity:.3f}"),
    "embedding.blank": ("{text} is blank", "{text} 为空白"),
    "embedding.no-number": (
        "the encoder gave no finite number for {texts:, }",
        "编码器没有为 {texts:、} 给出有限的数",
    ),
    "reward.below": (
        "reward margin {margin} (chosen {chosen}, rejected {rejected}), below {limit}",
        "奖励差 {margin}（chosen {chosen}，rejected {rejected}），低于 {limit}",
    ),
    "reward.against-below": (
        "reward margin {margin} (chosen {chosen}, rejected {rejected}), its own margin {own:g}, "
        "below {limit}",
        "奖励差 {margin}（chosen {chosen}，rejected {rejected}），自带分差 {own:g}，低于 {limit}",
    ),
    "reward.against-above": (
        "reward margin {margin} (chosen {chosen}, rejected {rejected}), its own margin {own:g}, "
        "above {limit}",
        "奖励差 {margin}（chosen {chosen}，rejected {rejected}），自带分差 {own:g}，高于 {limit}",
    ),
    "reward.no-number": ("the model gave no finite reward", "模型没有给出有限的奖励"),
}
"""What a filter on embeddings or rewards has measured."""

TEMPLATES: dict[str, Template] = (
    _WHOLE
    | _METRICS
    | _POWER
    | _JUDGED
    | _PRIOR
    | _SHORTCUTS
    | _ABLATION
    | _REVIEW
    | _READING
    | _COMPARING
    | _SEMANTIC
    | _REWARD
    | _TEXTS
    | _PAIRS
    | _FILTERED
)
