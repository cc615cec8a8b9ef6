"""Sentences as preference data has them, to see what an encoder makes of meaning.

Written for this benchmark. Every item says one thing in English and in Chinese (the two are
translations of each other), each with a paraphrase in other words and a distractor: nearly the
same words or topic, and another meaning (a negation, another number, name, time or direction).
"""

from __future__ import annotations

from typing import NamedTuple


class Saying(NamedTuple):
    """A sentence, the same in other words, and something else in nearly the same words."""

    text: str
    paraphrase: str
    distractor: str


class Item(NamedTuple):
    """One meaning in two languages."""

    en: Saying
    zh: Saying


ITEMS = (
    Item(
        Saying(
            "How do I get rid of a coffee stain on a white shirt?",
            "What removes spilled coffee from a pale blouse?",
            "How do I dye a white shirt the colour of coffee?",
        ),
        Saying(
            "白衬衫上沾了咖啡渍怎么去掉？",
            "浅色上衣洒了咖啡，用什么办法能洗干净？",
            "怎么把白衬衫染成咖啡色？",
        ),
    ),
    Item(
        Saying(
            "Write a short poem about the first snow of the year.",
            "Compose a few verses on winter's earliest snowfall.",
            "Write a short report about snow damage in the first half of the year.",
        ),
        Saying(
            "写一首关于今年第一场雪的小诗。",
            "以冬天的初雪为题，作几句诗。",
            "写一份关于今年上半年雪灾损失的简短报告。",
        ),
    ),
    Item(
        Saying(
            "The train to Berlin leaves at nine in the morning.",
            "There is a 9 a.m. departure by rail for the German capital.",
            "The train from Berlin arrives at nine in the evening.",
        ),
        Saying(
            "去柏林的火车上午九点开。",
            "开往德国首都的列车早上9点发车。",
            "从柏林来的火车晚上九点到。",
        ),
    ),
    Item(
        Saying(
            "You should not take this medicine if you are pregnant.",
            "Expectant mothers must avoid this drug.",
            "You should take this medicine even if you are pregnant.",
        ),
        Saying(
            "怀孕期间不要服用这种药。",
            "孕妇禁用此药品。",
            "怀孕期间也应该服用这种药。",
        ),
    ),
    Item(
        Saying(
            "Explain to a child why the sky is blue.",
            "In simple words for a six-year-old: what gives the daytime sky its colour?",
            "Explain to a child why the sea is salty.",
        ),
        Saying(
            "给小孩子解释一下天空为什么是蓝色的。",
            "用六岁小朋友听得懂的话说说，白天的天为什么发蓝？",
            "给小孩子解释一下海水为什么是咸的。",
        ),
    ),
    Item(
        Saying(
            "My laptop gets very hot and the fan is loud.",
            "The notebook computer overheats and its cooling makes a lot of noise.",
            "My laptop stays cool and the fan is silent.",
        ),
        Saying(
            "我的笔记本电脑很烫，风扇声音也很大。",
            "手提电脑发热严重，散热噪音吵得很。",
            "我的笔记本电脑不烫，风扇也没有声音。",
        ),
    ),
    Item(
        Saying(
            "What is the capital of Australia?",
            "Which city is the seat of the Australian government?",
            "What is the capital of Austria?",
        ),
        Saying(
            "澳大利亚的首都是哪里？",
            "澳洲联邦政府设在哪座城市？",
            "奥地利的首都是哪里？",
        ),
    ),
    Item(
        Saying(
            "Please translate this sentence into French.",
            "Could you put the following line in the French language?",
            "Please correct the grammar of this French sentence.",
        ),
        Saying(
            "请把这句话翻译成法语。",
            "能帮我将下面这行译为法文吗？",
            "请改正这句法语里的语法错误。",
        ),
    ),
    Item(
        Saying(
            "The company's profit rose by ten percent last year.",
            "Over the past twelve months the firm earned a tenth more.",
            "The company's profit fell by ten percent last year.",
        ),
        Saying(
            "公司去年的利润增长了百分之十。",
            "过去一年，这家企业多赚了一成。",
            "公司去年的利润下降了百分之十。",
        ),
    ),
    Item(
        Saying(
            "I'm sorry, but I can't help with breaking into someone's house.",
            "I won't assist in burgling another person's home.",
            "I'm happy to help you find a locksmith for your own house.",
        ),
        Saying(
            "抱歉，我不能帮你闯进别人家里。",
            "对不起，入室行窃的事我不会协助。",
            "很乐意帮你找锁匠打开你自己家的门。",
        ),
    ),
    Item(
        Saying(
            "Give me three tips for falling asleep faster.",
            "What are some ways to doze off more quickly at night?",
            "Give me three tips for staying awake longer.",
        ),
        Saying(
            "给我三个快速入睡的建议。",
            "晚上怎样才能更快睡着？说几个办法。",
            "给我三个保持清醒的建议。",
        ),
    ),
    Item(
        Saying(
            "She adopted a stray cat from the shelter.",
            "A homeless kitten found a new owner when she visited the animal refuge.",
            "She gave her cat away to the shelter.",
        ),
        Saying(
            "她从收容所领养了一只流浪猫。",
            "她去动物救助站，把一只没有家的猫咪带回了家。",
            "她把自己的猫送到了收容所。",
        ),
    ),
    Item(
        Saying(
            "Sort this list of numbers in ascending order with Python.",
            "Python code that arranges integers from smallest to largest, please.",
            "Remove the duplicates from this list of names with Python.",
        ),
        Saying(
            "用Python把这个数字列表按升序排列。",
            "请写一段Python代码，将整数从小到大排好。",
            "用Python去掉这个姓名列表里的重复项。",
        ),
    ),
    Item(
        Saying(
            "Boil the eggs for seven minutes, then put them in cold water.",
            "Cook the eggs in bubbling water for 7 min and chill them afterwards.",
            "Fry the eggs for two minutes, then serve them hot.",
        ),
        Saying(
            "鸡蛋煮七分钟，然后放进冷水里。",
            "把蛋在沸水中煮7分钟，捞出后过凉。",
            "鸡蛋煎两分钟，然后趁热端上桌。",
        ),
    ),
    Item(
        Saying(
            "Is it legal to record a phone call without telling the other person?",
            "Does the law allow taping a telephone conversation secretly?",
            "Is it legal to use a phone without hands while driving?",
        ),
        Saying(
            "不告诉对方就给通话录音合法吗？",
            "法律允许偷偷录下电话内容吗？",
            "开车时免提打电话合法吗？",
        ),
    ),
    Item(
        Saying(
            "The museum is closed on Mondays.",
            "On the first day of the working week you cannot visit the museum.",
            "The museum is open on Mondays.",
        ),
        Saying(
            "博物馆每周一闭馆。",
            "星期一博物馆不对外开放。",
            "博物馆每周一照常开放。",
        ),
    ),
    Item(
        Saying(
            "Who wrote the novel Dream of the Red Chamber?",
            "Name the author of the Chinese classic about the Jia family's decline.",
            "Who wrote the novel Journey to the West?",
        ),
        Saying(
            "小说《红楼梦》的作者是谁？",
            "描写贾府兴衰的那部古典名著出自谁的笔下？",
            "小说《西游记》的作者是谁？",
        ),
    ),
    Item(
        Saying(
            "My boss keeps giving me work at five in the afternoon; what should I say?",
            "How do I talk to a manager who always hands over tasks right before closing time?",
            "My boss lets me go home at five in the afternoon; how should I thank her?",
        ),
        Saying(
            "老板总在下午五点给我派活，我该怎么说？",
            "领导老是临下班才交代任务，怎样跟他沟通？",
            "老板让我下午五点就回家，我该怎么感谢她？",
        ),
    ),
    Item(
        Saying(
            "Regular exercise lowers the risk of heart disease.",
            "People who work out often are less likely to have cardiac trouble.",
            "Regular smoking raises the risk of heart disease.",
        ),
        Saying(
            "经常锻炼可以降低患心脏病的风险。",
            "常做运动的人不容易得心血管疾病。",
            "经常吸烟会增加患心脏病的风险。",
        ),
    ),
    Item(
        Saying(
            "Summarise the article in two sentences.",
            "Briefly, in a couple of lines, what does the text say?",
            "Expand the article by two paragraphs.",
        ),
        Saying(
            "用两句话概括这篇文章。",
            "请简短总结全文，两行以内。",
            "把这篇文章扩写两段。",
        ),
    ),
    Item(
        Saying(
            "I lost my passport abroad. Whom do I contact?",
            "My travel document has gone missing in a foreign country; who can help?",
            "I want to renew my passport at home. How much does it cost?",
        ),
        Saying(
            "我在国外丢了护照，该联系谁？",
            "旅行证件在海外遗失了，找哪个部门求助？",
            "我想在国内换新护照，要多少钱？",
        ),
    ),
    Item(
        Saying(
            "Light travels faster than sound.",
            "Sound is slower than light.",
            "Sound travels faster in water than in air.",
        ),
        Saying(
            "光比声音传播得快。",
            "声速不及光速。",
            "声音在水里比在空气里传播得快。",
        ),
    ),
    Item(
        Saying(
            "How many people live in Tokyo?",
            "What is the population of Japan's largest city?",
            "How many people live in Osaka?",
        ),
        Saying(
            "东京有多少人口？",
            "日本最大的城市里住着多少居民？",
            "大阪有多少人口？",
        ),
    ),
    Item(
        Saying(
            "Plant tomatoes where they get plenty of sun.",
            "A bright, sunny place is best for growing tomatoes.",
            "Keep orchids where they get little sun.",
        ),
        Saying(
            "番茄要种在阳光充足的地方。",
            "西红柿适合栽在日照好的位置。",
            "兰花要放在少晒太阳的地方。",
        ),
    ),
    Item(
        Saying(
            "The app crashes whenever I upload a photo.",
            "Every time I try to send a picture, the program quits unexpectedly.",
            "The app saves a copy whenever I upload a photo.",
        ),
        Saying(
            "我一上传照片，应用就崩溃。",
            "每次发图片，程序都会意外退出。",
            "我一上传照片，应用就会保存一份副本。",
        ),
    ),
    Item(
        Saying(
            "Recommend a quiet place to spend a weekend with my parents.",
            "Where can I take mum and dad for two peaceful days?",
            "Recommend a loud bar to spend an evening with my friends.",
        ),
        Saying(
            "推荐一个适合和父母过周末的安静地方。",
            "想带爸妈清静地玩两天，去哪儿好？",
            "推荐一个适合和朋友晚上去的热闹酒吧。",
        ),
    ),
    Item(
        Saying(
            "He admitted that he had stolen the money.",
            "He confessed to the theft of the cash.",
            "He denied that he had stolen the money.",
        ),
        Saying(
            "他承认钱是他偷的。",
            "他坦白自己窃取了那笔现金。",
            "他否认钱是他偷的。",
        ),
    ),
    Item(
        Saying(
            "What is the difference between a virus and a bacterium?",
            "How do viruses and bacteria differ?",
            "What vaccines are there against viruses and bacteria?",
        ),
        Saying(
            "病毒和细菌有什么区别？",
            "细菌与病毒的不同点在哪里？",
            "有哪些预防病毒和细菌的疫苗？",
        ),
    ),
    Item(
        Saying(
            "Solve the equation: three x plus five equals twenty.",
            "Find the number whose triple is fifteen, since 3x + 5 = 20.",
            "Draw the graph of the equation y equals three x plus five.",
        ),
        Saying(
            "解方程：三x加五等于二十。",
            "求未知数x的值：3x + 5 = 20。",
            "画出方程y等于三x加五的图像。",
        ),
    ),
    Item(
        Saying(
            "The hotel room was clean, but breakfast was disappointing.",
            "Our accommodation was spotless; the morning meal, though, let us down.",
            "The hotel room was dirty, but breakfast was delicious.",
        ),
        Saying(
            "酒店房间很干净，但是早餐令人失望。",
            "住的地方一尘不染，可惜早饭太差了。",
            "酒店房间很脏，但是早餐很好吃。",
        ),
    ),
    Item(
        Saying(
            "How can I save money on my electricity bill?",
            "What can be done to pay less for power at home?",
            "How can I pay my electricity bill online?",
        ),
        Saying(
            "怎样才能少交点电费？",
            "家里用电怎么省钱？",
            "怎样在网上交电费？",
        ),
    ),
    Item(
        Saying(
            "Shakespeare was born in Stratford in 1564.",
            "The English playwright who wrote Hamlet came into the world in Stratford in 1564.",
            "Shakespeare died in Stratford in 1616.",
        ),
        Saying(
            "莎士比亚1564年出生于斯特拉特福。",
            "写《哈姆雷特》的英国剧作家1564年在斯特拉特福来到人世。",
            "莎士比亚1616年在斯特拉特福去世。",
        ),
    ),
    Item(
        Saying(
            "I would like to cancel my subscription and get a refund.",
            "Please end my membership and return what I paid.",
            "I would like to extend my subscription for another year.",
        ),
        Saying(
            "我想取消订阅并申请退款。",
            "请终止我的会员资格，把钱还给我。",
            "我想把订阅再续一年。",
        ),
    ),
    Item(
        Saying(
            "Describe the plot of the film without giving away the ending.",
            "Tell me the story of the movie, but no spoilers about how it finishes.",
            "Describe the ending of the film and what it means.",
        ),
        Saying(
            "介绍一下这部电影的情节，但别透露结局。",
            "讲讲影片的故事，不要剧透最后怎么样。",
            "介绍一下这部电影的结局和它的含义。",
        ),
    ),
    Item(
        Saying(
            "My grandmother taught me how to make dumplings.",
            "I learned to prepare jiaozi from my granny.",
            "I taught my grandmother how to use a phone.",
        ),
        Saying(
            "奶奶教会了我包饺子。",
            "我做水饺的手艺是跟祖母学的。",
            "我教会了奶奶用手机。",
        ),
    ),
    Item(
        Saying(
            "Vaccines do not cause autism.",
            "There is no link between immunisation and autistic disorders.",
            "Some people believe that vaccines cause autism.",
        ),
        Saying(
            "疫苗不会导致自闭症。",
            "接种与孤独症之间没有关联。",
            "有些人认为疫苗会导致自闭症。",
        ),
    ),
    Item(
        Saying(
            "Which is cheaper, renting a flat or buying one?",
            "Does it cost less to be a tenant or an owner of an apartment?",
            "Which is bigger, the flat on the first floor or the one above?",
        ),
        Saying(
            "租房和买房哪个更划算？",
            "做房客和当业主，哪一种花钱少？",
            "一楼的房子和楼上的房子哪个更大？",
        ),
    ),
    Item(
        Saying(
            "The meeting has been moved from Tuesday to Thursday.",
            "We will now meet two days later than planned, on Thursday rather than Tuesday.",
            "The meeting on Tuesday has been cancelled.",
        ),
        Saying(
            "会议从周二改到了周四。",
            "开会时间推迟两天，不是星期二而是星期四。",
            "周二的会议取消了。",
        ),
    ),
    Item(
        Saying(
            "I feel lonely since I moved to a new city.",
            "Ever since relocating I have had nobody to talk to.",
            "I feel at home since I moved back to my old city.",
        ),
        Saying(
            "搬到新城市以后，我觉得很孤单。",
            "自从换了地方生活，身边连个说话的人都没有。",
            "搬回老家以后，我觉得很自在。",
        ),
    ),
    Item(
        Saying(
            "Turn off the computer before you clean the keyboard.",
            "Shut down the machine first, and only then wipe the keys.",
            "Turn on the computer after you have cleaned the keyboard.",
        ),
        Saying(
            "清洁键盘之前先关掉电脑。",
            "先把机器关机，然后再擦按键。",
            "清洁完键盘之后再打开电脑。",
        ),
    ),
)
