"""Prompts that share a template and answers that many rows share: alike, and yet no duplicates."""

from __future__ import annotations

# {0} to {3} are filled with words and numbers. The fewer and the closer the slots, the more alike.
ENGLISH_PROMPTS = """
Write a short letter to {0} about order number {1} and say when the {2} will arrive in {3}.
A train leaves {0} at {1} minutes past six and reaches {2} after {3} kilometres. How fast is it?
{0} has {1} apples and gives some to {2}. How many are left if {2} already had {3} of them?
Translate the sentence about {0} and {1} into plain words, then list {3} facts about {2}.
Summarise in {1} words what {0} told {2} on day {3} of the journey.
What is the difference between {0} and {2}, and why would {1} people in {3} care?
You are the curator of a small museum. Write the label that hangs beside object {1}, so that a \
visitor of ten years understands what it was made for, who used it, and why it was kept.
Please act as a patient teacher of cooking. A beginner asks how to bake {0} bread with only flour, \
water and salt, without an oven, and wants to know every step, how long each takes, and what can \
go wrong on the way.
"""

CHINESE_PROMPTS = """
请给{0}写一封短信，说明编号{1}的订单里的{2}什么时候能到{3}。
{0}有{1}个苹果，给了{2}几个以后还剩{3}个，请问一共给了多少个？
请用{1}个字概括{0}在{3}对{2}说的话。
请你扮演一位耐心的烹饪老师，教一个初学者只用面粉、水和盐做出{0}味的面包，说明每一个步骤需要多长时间，\
以及哪些地方最容易出错。
"""

ENGLISH_REFUSALS = """
I can't help with that, but I am happy to talk about something close to it.
That is not something that I can assist with. Is there anything else you would like to know?
Sorry, I don't have enough information to answer this. Could you tell me more about it?
I would rather not answer this question, because the answer could hurt somebody.
"""

CHINESE_REFUSALS = """
抱歉，这个问题我帮不上忙，我们可以聊聊别的。
这件事我不能协助，请问您还想了解什么？
信息不够，我没有办法回答，请您再说得详细一些。
"""

PROMPTS = {"en": ENGLISH_PROMPTS.strip().split("\n"), "zh": CHINESE_PROMPTS.strip().split("\n")}
REFUSALS = {"en": ENGLISH_REFUSALS.strip().split("\n"), "zh": CHINESE_REFUSALS.strip().split("\n")}
