"""The words that generated pairs are made of, and the ways in which a word stands in a text.

Nothing here was copied from a corpus: the lists were written for this benchmark.
"""

from __future__ import annotations

_ENGLISH = """
the of and a to in is that it for with as on are this be by or an from which you can we not one
have but they more when if their will each all about how some other what there into than time so
also may most only between should first such these after where them over many then both would
because while even through new small large same well often must still during before long high
answer question reason example result step method value model table window river garden kitchen
market teacher student doctor engine letter number signal bridge harbour mountain forest village
winter summer morning evening history language science music painting story chapter sentence
recipe flour butter pepper onion tomato bread coffee water energy pressure temperature weight
speed distance circle angle equation function variable loop string record column server client
network cable battery screen keyboard camera ticket station airport journey weather cloud storm
island coast ocean desert valley stone metal copper silver glass paper cotton wool leather wood
company customer budget invoice contract salary project deadline meeting manager decision plan
health muscle sleep breath heart memory attention habit exercise medicine injury symptom patient
write read think learn explain compare measure remember begin finish choose consider describe
improve reduce increase protect repair build carry follow gather notice offer prepare receive
remove return search select share suggest support travel understand visit wonder careful clear
common complex correct curious deep direct early easy exact fair familiar gentle helpful honest
local narrow natural plain polite private quick quiet ready recent regular safe serious sharp
simple slow soft steady strange strong sudden useful warm whole wide young café naïve perhaps
usually therefore however instead together already almost always never rarely slowly carefully
especially probably roughly simply clearly finally nevertheless meanwhile otherwise
"""

_OPENERS = """
The A In We You It This That When If Most Some For First Then However Also Because While Each
Another Perhaps Usually After Before Many One There Such Finally
"""

_CHINESE = """
的 是 在 和 有 我们 可以 一个 这个 那个 因为 所以 如果 但是 而且 需要 应该 时候 问题 答案 方法
例子 结果 步骤 数据 模型 学生 老师 医生 朋友 孩子 家庭 城市 乡村 河流 山谷 花园 厨房 市场 早晨
晚上 春天 夏天 秋天 冬天 天气 温度 速度 距离 时间 历史 语言 科学 音乐 绘画 故事 文章 句子 词语
数字 公式 函数 变量 程序 网络 服务器 电池 屏幕 键盘 相机 车票 车站 机场 旅行 海岸 岛屿 森林 石头
金属 玻璃 纸张 棉布 木头 公司 客户 预算 合同 项目 会议 计划 决定 健康 睡眠 呼吸 记忆 注意力 习惯
锻炼 药物 症状 写 读 想 学习 解释 比较 测量 记住 开始 完成 选择 考虑 描述 改进 减少 增加 保护 修理
建造 寻找 准备 理解 参观 分享 建议 支持 清楚 常见 复杂 正确 简单 仔细 直接 容易 公平 熟悉 温和
诚实 自然 安静 快速 安全 严肃 奇怪 有用 温暖 也许 通常 然而 一起 已经 几乎 总是 从不 慢慢 特别
大概 最后
"""

# The most frequent words first.
ENGLISH_WORDS = _ENGLISH.split()
OPENERS = _OPENERS.split()
CHINESE_WORDS = _CHINESE.split()

# How a word stands in the running text, and how often in a thousand. A form that ends a sentence
# brings the capitalised opener of the next, so that a text needs no state while it is drawn.
ENGLISH_FORMS = {
    "{word} ": 841,
    "{word}, ": 58,
    "{word}. {opener} ": 52,
    "{word}.\n\n{opener} ": 9,
    "{word}? {opener} ": 5,
    "{word}! {opener} ": 3,
    "{word}:\n- ": 4,
    "{word};\n- ": 3,
    "{word}’s ": 5,
    '"{word}" ': 5,
    "“{word}” ": 3,
    "({word}) ": 4,
    "`{word}_{word}()` ": 2,
    "{word} — ": 2,
    "{word} 42 ": 2,
    "C:\\{word}\\{word}.txt ": 1,
    "{word}\t": 0.4,
    "{word} 🙂 ": 0.3,
    "{word} ❤️ ": 0.3,
}

CHINESE_FORMS = {
    "{word}": 800,
    "{word}，": 95,
    "{word}。": 55,
    "{word}？": 8,
    "{word}！": 5,
    "{word}、": 15,
    "“{word}”": 6,
    "《{word}》": 4,
    "{word}。\n\n": 6,
    "{word} Python ": 3,
    "{word} 2024 年": 2,
    "{word}😀": 1,
}
