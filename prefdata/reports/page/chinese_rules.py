"""What the rules say, in Chinese: what is wrong, and what to do."""

from __future__ import annotations

READING: dict[str, tuple[str, str]] = {
    "empty-conversation": ("消息列表中没有任何消息。", "补上对话内容，或剔除该行。"),
    "invalid-json": (
        "该行不是合法的 JSON。",
        "修正该行：检查是否被截断、结尾多了逗号，或一行里写了两个对象。",
    ),
    "invalid-utf8": (
        "该行含有在文件编码下不合法的字节。",
        "按文件原本的编码转成 UTF-8。",
    ),
    "lone-surrogate": (
        "JSON 字符串中有半个代理对（例如 \\ud83d），它不是字符。",
        "写出完整的字符：文本多半在表情符号中间被截断。",
    ),
    "missing-field": (
        "缺少该格式必需的字段，或其值为 null。",
        "补上该字段，或用 --map 指明字段名。",
    ),
    "no-shared-prompt": (
        "两段完整对话没有共同的开头，无法从中取出提示。",
        "用单独的字段给出提示。",
    ),
    "not-an-object": ("该行是 JSON 值，但不是对象。", "把每一行写成带字段名的对象。"),
    "ragged-row": ("CSV 行的字段数与表头不符。", "给含有分隔符或换行的字段加上引号。"),
    "record-too-large": (
        "该行超过配置允许的长度（read.max_record_bytes）。",
        "检查换行是否丢失；若确为一行，请调大 read.max_record_bytes。",
    ),
    "truncated-file": (
        "文件在此处中断或损坏，其后的内容无法读取。",
        "重新获取文件，并核对大小或校验和。",
    ),
    "unbalanced-quote": ("CSV 字段的引号没有闭合。", "补上引号；字段内的引号要写两次。"),
    "unknown-label": (
        "判断结果不是该格式认得的取值。",
        "按格式要求填写标签（prefdata inspect 会列出），或剔除该行。",
    ),
    "unknown-role": (
        "消息的角色不是 system、user、assistant、tool，也不是它们的别名。",
        "改正角色名。",
    ),
    "unsupported-content": (
        "消息含有图像、音频等非文本内容。",
        "只保留文本行：本版本不读取其他内容。",
    ),
    "wrong-type": (
        "应为文本之处出现了数字、布尔值、列表或对象。",
        "把值写成文本，或用 --map 指明正确的字段。",
    ),
}

RECORD: dict[str, tuple[str, str]] = {
    "consecutive-roles": (
        "相邻两条消息角色相同，许多对话模板不接受。",
        "合并这两条消息，或补上缺失的一轮。",
    ),
    "contexts-differ": (
        "回复中含有提问，或在回复之前还有别的回复：两侧的上下文不同。",
        "在第一条不同的助手消息处截断两侧，或剔除该行。",
    ),
    "control-characters": (
        "文本含有制表符和换行以外的控制字符。",
        "从来源中去掉它们：文本里不应出现。",
    ),
    "duplicate-key": (
        "该行的 JSON 对象中同一个键出现多次，以最后一个为准。",
        "修正写出该文件的程序：有一个值已经丢失。",
    ),
    "empty-completion": (
        "回复没有可见文字，也没有工具调用。",
        "剔除该行，或写明空的一侧代表什么。",
    ),
    "empty-prompt": (
        "提示没有可见文字，也没有工具调用。",
        "补上提示，或剔除该行：没有可答的内容。",
    ),
    "identical-sides": (
        "两侧回复相同（必要时经 NFC、大小写和空白归一化后比较）。",
        "剔除该行：从中学不到任何东西。",
    ),
    "invalid-margin": ("分差不是有限的数。", "去掉该行的分差，或重新计算。"),
    "late-system": (
        "系统消息出现在其他消息之后，许多对话模板不接受。",
        "把系统消息移到提示的开头。",
    ),
    "mojibake": (
        "文本含有 U+FFFD，或把 UTF-8 当作其他编码读取而产生的乱码。",
        "按来源的真实编码重新读取。",
    ),
    "negative-margin": (
        "分差为负：按该行自己的数字，落选的一侧更好。",
        "检查来源的正负方向；交换两侧，或剔除该行。",
    ),
    "not-assistant": ("回复没有以助手消息结尾。", "在最后一条助手消息之后截断，或剔除该行。"),
    "one-side-is-prefix": (
        "一侧回复是另一侧的开头：往往是被截断的文本。",
        "查看较短的一侧是否止于词元上限。",
    ),
    "placeholder": (
        "回复只是占位符或报错文字，例如 [deleted] 或 N/A。",
        "查看这些行：真实回复予以保留；级别设为 error 则剔除。",
    ),
    "prompt-in-completion": (
        "回复以提示中最后一条用户文本开头。",
        "把提示从回复中去掉，或按隐式提示的格式读取文件。",
    ),
    "refusal": (
        "回复以拒绝作答开头（中文或英文）。",
        "请决定这个数据集要不要拒答；级别设为 error 则剔除。",
    ),
    "special-tokens": (
        "文本含有分词器的特殊标记，例如 <|im_end|> 或 [INST]。",
        "去掉这些标记：它们会变成真正的标记，从而结束或伪造一轮对话。",
    ),
    "tie": ("分差为 0：该行没有说明哪一侧更好。", "剔除该行；若要保留平局，把此规则设为 warning。"),
    "turn-markers": (
        "文本含有另一轮对话的标记，例如 “\\n\\nHuman:” 或 “### Response:”。",
        "把文本拆成多条消息，或在标记处截断回复。",
    ),
}

ACROSS: dict[str, tuple[str, str]] = {
    "approximate": (
        "需要搜索的文本太多，索引只找到大部分相似项，而非全部。",
        "调大该过滤器的 exact_rows 以精确搜索；耗时随其平方增长。",
    ),
    "beyond-window": (
        "文本超出编码器一次能看的长度，已分段编码。",
        "无需处理：各段取平均。encoder.long: first 只取第一段。",
    ),
    "bridges-splits": (
        "该提示既与一个划分中的行相连，又与另一个划分中的行相连。",
        "无需处理：保留会造成泄漏。split.bridges: merge 则合并这些组。",
    ),
    "contaminated": (
        "提示与评测集（against.files）的提示重叠。",
        "无需处理：用它训练的模型无法在该评测集上评测。可设 against.action: flag。",
    ),
    "duplicate-pair": (
        "相同的提示和两侧回复已在更早的行中出现。",
        "无需处理：第一行保留。exact.identical: flag 则保留副本。",
    ),
    "evaluation": (
        "关于评测集的提醒：有的行没有提示，有的提示内容太少。",
        "查看所列的行；against.field 指明提示所在的字段。",
    ),
    "giant-group": (
        "大量的行经由提示相连，它们一并进入训练集。",
        "查看这些提示。split.near 和 split.first_turn 决定何为相连。",
    ),
    "label-conflict": (
        "同一提示的同样两个回复，标注方向相反。",
        "请决定哪个标签正确，或把 labels.conflict 设为其他策略。",
    ),
    "like-examples": (
        "该行与“要剔除的样例”（semantic.like.drop）相似。",
        "无需处理，或调高 semantic.like.drop_threshold。",
    ),
    "low-reward-margin": (
        "奖励模型与标签相反：中选回复比落选回复多得的奖励太少。",
        "查看这些行：标签可能有误，也可能是模型没学过的情形。见 reward.filter.below。",
    ),
    "margin-disagrees": (
        "奖励差与该行自带的分差正负相反。",
        "查看这些行：两者必有一误。reward.filter.below 决定差多少才算。",
    ),
    "near-conflict": (
        "几乎相同的提示和几乎相同的两个回复，标注方向相反。",
        "请决定哪个标签正确，或把 labels.conflict 设为其他策略。",
    ),
    "near-duplicate": (
        "提示和两侧回复都与保留的某一行几乎相同。",
        "无需处理。near.threshold 决定多像才算，near.keep 决定保留哪一行。",
    ),
    "no-contrast": (
        "两侧回复的意思几乎相同：无从偏好。",
        "无需处理。semantic.contrast.threshold 决定多像才算；--preview 显示阈值位置。",
    ),
    "not-embedded": (
        "该行有文本没有向量：文本为空，或编码器没有给出有限的数。",
        "查看该文本；需要向量的过滤器会跳过该行。",
    ),
    "not-scored": (
        "奖励模型无法给该行打分，原因见证据。",
        "无需处理：过滤器会跳过该行。过长的行见 reward.length。",
    ),
    "off-topic": (
        "回复与提示关系不大：比几乎所有其他行都要小。",
        "查看这些行；semantic.topic 决定看哪一侧、多小才算小。",
    ),
    "outlier": (
        "该提示与众不同：最近的提示也离它很远。",
        "查看这些行：独特的可能是噪声，也可能是最好的数据。",
    ),
    "partial-margin": (
        "有的行有分差，有的没有；训练器要求要么全有，要么全无。",
        "补齐分差，或去掉这一列。",
    ),
    "preference-cycle": (
        "同一提示的标签成环：A 优于 B，B 优于 C，C 又优于 A。",
        "请决定哪个标签有误。labels.cycles: drop 则剔除环上所有的行。",
    ),
    "semantic-duplicate": (
        "该行与保留的某一行意思相同，只是措辞不同。",
        "无需处理。semantic.similar.threshold 决定多像才算，semantic.similar.keep 决定保留哪一行。",
    ),
    "semantic-overlap": (
        "提示与评测集（against.files）中的某个提示意思几乎相同。",
        "无需处理：用它训练的模型无法在该评测集上评测。可设 semantic.against: flag。",
    ),
    "shared-prompt": (
        "其他回复不同的行用了同一个提示；它们都保留，并放在同一划分。",
        "无需处理，除非某个提示占比过大。",
    ),
    "uncompared": (
        "相似的行太多，没有两两全部比较。",
        "调大 near.crowd 可以多比较一些；耗时随之增加。",
    ),
    "unlike-examples": (
        "该行与任何“要保留的样例”（semantic.like.keep）都不像。",
        "无需处理，或调低 semantic.like.keep_threshold。",
    ),
}

LABELS: dict[str, tuple[str, str]] = {
    "ambiguous": ("审计模型确信两侧不相上下：标签说明不了什么。", "无需处理，除非这样的行很多。"),
    "label-flipped": (
        "中选与落选在数据中对调：有人判定标签标反了。",
        "无需处理。该行的分差和元数据保持读入时的样子。",
    ),
    "likely-flipped": (
        "没有见过该标签的模型与它相悖，撇开长度和格式后仍是如此。",
        "查看这些行（report/review.csv）。audit.action 决定如何处理。",
    ),
    "model-uncertain": (
        "审计的各个模型对该标签意见不一。",
        "无需处理：这样的行对模型来说很难，并不说明标签有误。",
    ),
    "reviewed": ("有人看过该行，并保持原样。", "无需处理：人的判断重于审计。"),
    "reviewed-drop": ("有人判定该行没有用处。", "无需处理。证据写明在复核表的哪一行。"),
    "reviewed-flip": (
        "有人判定标签标反了。",
        "无需处理。设 audit.review.flips: flip 则改为对调标签。",
    ),
    "shortcut-contradicting": (
        "只有长度之类本不该起作用的因素与标签相悖。",
        "请保留：依赖捷径的模型正需要从这样的行学习。",
    ),
}

PREFLIGHT: dict[str, tuple[str, str]] = {
    "identical-after-truncation": (
        "截断到 --max-length 个词元后，两侧相同。",
        "调大 --max-length，或剔除该行：会截断的训练器从中学不到东西。",
    ),
    "no-tokens": (
        "有一侧一个词元也没有：没有末尾词元可供读取奖励。",
        "查看该行：回复为空，或分词器不认识其中任何文字。",
    ),
    "pad-is-eos": (
        "分词器用结束符来填充；奖励模型会在它之前读取分数。",
        "给分词器一个单独的填充符。",
    ),
    "prompt-truncated": (
        "该行太长，训练时提示的开头被截去。",
        "无需处理，或调大 reward.length.tokens。reward.length.beyond: drop 则不用该行。",
    ),
    "template-failure": (
        "分词器的对话模板无法渲染该行。",
        "把对话改成模板能接受的样子；证据中引用了它的报错。",
    ),
    "too-long": (
        "有一侧的词元数超过 --max-length；训练器会不声不响地丢掉这样的行。",
        "调大 --max-length，或缩短该行。",
    ),
}

RULES: dict[str, tuple[str, str]] = {**READING, **RECORD, **ACROSS, **LABELS, **PREFLIGHT}
"""Rule code to what is wrong and what to do."""
