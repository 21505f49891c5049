"""All documents the project makes itself.  documents() yields (domain, source, messages, user-turn loss weight)."""
import grammar_chat
import grammar_story
import grammar_translate
from lexicon import *

SYSTEMS = ["You are a helpful assistant.", "You are a friendly chat partner.", "You are Bathyscope's demo model.", "Answer briefly.",
           "You are a helpful assistant. Be kind and short.", "你是一个有用的助手。", "你是一个友好的聊天伙伴。", "请用简短的话回答。"]


def u(s):
    return {"role": "user", "content": s}


def m(s):
    return {"role": "assistant", "content": s}


# ---- arithmetic ------------------------------------------------------------------------------
W1 = "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split()
W10 = "_ _ twenty thirty forty fifty sixty seventy eighty ninety".split()


def word(n):
    if n < 20:
        return W1[n]
    if n == 100:
        return "one hundred"
    return W10[n // 10] + ("-" + W1[n % 10] if n % 10 else "")


def zh_num(n):
    d = "零一二三四五六七八九"
    if n == 100:
        return "一百"
    if n < 10:
        return d[n]
    return ("" if n < 20 else d[n // 10]) + "十" + (d[n % 10] if n % 10 else "")


ADD_EN = ["What is {a} plus {b}?", "What is {a} + {b}?", "{a} + {b} = ?", "{a}+{b}", "{a} + {b}", "How much is {a} plus {b}?", "Add {a} and {b}.", "Please add {a} and {b}.",
          "what is {a} + {b}", "what's {a} plus {b}?", "Can you add {a} and {b}?", "What is the sum of {a} and {b}?", "{a} plus {b}", "Calculate {a} + {b}.", "{a}+{b}=", "{a} + {b} =", "What do you get if you add {a} and {b}?", "How much is {a} + {b}?", "Compute {a}+{b}.", "What does {a} + {b} equal?"]
SUB_EN = ["What is {a} minus {b}?", "What is {a} - {b}?", "{a} - {b} = ?", "{a}-{b}", "{a} - {b}", "How much is {a} minus {b}?", "Subtract {b} from {a}.", "Take {b} away from {a}.", "what is {a} - {b}",
          "what's {a} minus {b}?", "What is the difference of {a} and {b}?", "{a} minus {b}", "Calculate {a} - {b}.", "{a}-{b}=", "{a} - {b} =", "What is {a} take away {b}?", "How much is {a} - {b}?", "Compute {a}-{b}."]
ADD_ZH = ["{a}加{b}等于多少？", "{a}加{b}等于几？", "{a}+{b}等于几？", "{a}+{b}=？", "{a}+{b}等于多少？", "{a}加{b}是多少？", "请计算{a}+{b}。", "计算{a}加{b}", "{a} + {b} = ?", "{a}加{b}"]
SUB_ZH = ["{a}减{b}等于多少？", "{a}减{b}等于几？", "{a}-{b}等于几？", "{a}-{b}=？", "{a}-{b}等于多少？", "{a}减{b}是多少？", "请计算{a}-{b}。", "计算{a}减{b}", "{a}减去{b}等于多少？", "{a}减{b}"]


def numbers(r, plus):
    x = r.random()
    top = 20 if x < 0.2 else 100
    if plus:
        c = r.randint(0, top if r.random() < 0.15 else top)
        if r.random() < 0.25 and top == 100:
            return r.randint(1, 99), r.randint(1, 99)
        a_ = r.randint(0, c)
        return a_, c - a_
    a_ = r.randint(0, top)
    return a_, r.randint(0, a_)


def steps(a_, b, plus, zh=False):
    """'3 + 8 = 11, 2 + 4 + 1 = 7, so 23 + 48 = 71': digit by digit, which a small model learns from few examples."""
    op = "+" if plus else "-"
    c = a_ + b if plus else a_ - b
    last = f"{a_} {op} {b} = {c}"
    (ta, oa), (tb, ob) = divmod(a_, 10), divmod(b, 10)
    if (ta == 0 and tb == 0) or not (a_ and b) or a_ == 100 or b == 100:
        return last
    if plus:
        out = [f"{oa} + {ob} = {oa + ob}"]
        carry = oa + ob > 9
        terms = [str(t) for t in (ta, tb) if t] + (["1"] if carry else [])
        if len(terms) > 1:
            out.append(" + ".join(terms) + f" = {ta + tb + carry}")
    else:
        borrow = oa < ob
        out = [f"{oa + 10 * borrow} - {ob} = {oa + 10 * borrow - ob}"]
        terms = [str(ta)] + (["1"] if borrow else []) + ([str(tb)] if tb else [])
        if len(terms) > 1:
            out.append(" - ".join(terms) + f" = {ta - borrow - tb}")
    return ("，" if zh else ", ").join(out) + ("，所以 " if zh else ", so ") + last


def arithmetic(r, zh):
    plus = r.random() < 0.55
    a_, b = numbers(r, plus)
    c = a_ + b if plus else a_ - b
    x = r.random()
    if x < 0.12 and not zh:
        n = r.choice(["apples", "books", "cookies", "eggs", "balls", "flowers", "coins", "pens", "fish", "birds"])
        who, he = r.choice([("I", "I"), ("Tom", "he"), ("Anna", "she"), ("Ben", "he"), ("Lily", "she"), ("Jack", "he")])
        have = "have" if who == "I" else "has"
        do, s = ("do", "") if who == "I" else ("does", "s")
        if plus:
            q = r.choice([f"{who} {have} {a_} {n} and get{s} {b} more. How many {n} {do} {he} have now?", f"{who} {have} {a_} {n}. {he.capitalize() if he != 'I' else 'I'} buy{s} {b} more. How many are there now?"])
            return [u(q), m(f"{steps(a_, b, True)}. There are {c} {n}.")]
        q = r.choice([f"{who} {have} {a_} {n} and give{s} away {b}. How many {n} are left?", f"{who} {have} {a_} {n} and lose{s} {b}. How many {n} are left?"])
        return [u(q), m(f"{steps(a_, b, False)}. There are {c} {n} left.")]
    if x < 0.12:
        n = r.choice([("苹果", "个"), ("书", "本"), ("铅笔", "支"), ("鸡蛋", "个"), ("球", "个"), ("糖", "块")])
        who = r.choice(["我", "小明", "小红", "妈妈", "小丽"])
        if plus:
            return [u(f"{who}有{a_}{n[1]}{n[0]}，又买了{b}{n[1]}，现在一共有几{n[1]}{n[0]}？"), m(f"{steps(a_, b, True, True)}，一共有{c}{n[1]}{n[0]}。")]
        return [u(f"{who}有{a_}{n[1]}{n[0]}，送给别人{b}{n[1]}，还剩几{n[1]}？"), m(f"{steps(a_, b, False, True)}，还剩{c}{n[1]}。")]
    op = "+" if plus else "-"
    if x < 0.19:
        if zh:
            return [u(f"{zh_num(a_)}{'加' if plus else '减'}{zh_num(b)}等于{r.choice(['几', '多少'])}？"), m(f"{steps(a_, b, plus, True)}。")]
        return [u(f"What is {word(a_)} {'plus' if plus else 'minus'} {word(b)}?"), m(steps(a_, b, plus) + ".")]
    if x < 0.23 and not zh:
        if a_ == b:
            b += 1
        hi, lo = max(a_, b), min(a_, b)
        return r.choice([[u(f"Which is bigger, {a_} or {b}?"), m(f"{hi} is bigger than {lo}.")], [u(f"Which number is smaller, {a_} or {b}?"), m(f"{lo} is smaller than {hi}.")],
                         [u(f"What number comes after {a_}?"), m(f"{a_ + 1} comes after {a_}.")]])
    q = r.choice((ADD_ZH if plus else SUB_ZH) if zh else (ADD_EN if plus else SUB_EN)).format(a=a_, b=b)
    return [u(q), m(steps(a_, b, plus, zh) + ("。" if zh else "."))]


# ---- objects, lists, copying ------------------------------------------------------------------
OBJ = """apple|a fruit|红色的水果|red, green or yellow|eat it or bake a pie with it; lemon|a sour fruit|酸的水果|yellow|make lemonade with it; banana|a long, sweet fruit|长长的甜水果|yellow|peel it and eat it; book|a thing with many pages|有很多页的东西|often white inside|read it
knife|a sharp tool|锋利的工具|silver|cut bread with it; umbrella|a thing that keeps you dry|挡雨的东西|any color|hold it over your head in the rain; lamp|a thing that gives light|发光的东西|often white|read in the dark with it; car|a machine with four wheels|有四个轮子的机器|any color|drive to another town with it
boat|a small ship|小船|often white|cross a river with it; clock|a machine that shows the time|看时间的东西|any color|see what time it is; key|a small piece of metal|小小的金属|silver or gold|open a door with it; pen|a tool for writing|写字的工具|blue or black|write a letter with it
ball|a round toy|圆圆的玩具|any color|throw it and catch it; chair|a piece of furniture|家具|often brown|sit on it; table|a piece of furniture|家具|often brown|eat dinner at it; bed|a soft piece of furniture|软软的家具|often white|sleep in it; spoon|a tool for eating|吃饭的工具|silver|eat soup with it
guitar|an instrument with six strings|有六根弦的乐器|often brown|play songs on it; drum|a round instrument|圆圆的乐器|any color|beat it to make music; kite|a toy that flies in the wind|在风里飞的玩具|any color|fly it on a windy day; hat|a thing to wear on your head|戴在头上的东西|any color|wear it in the sun
phone|a machine for talking|打电话的机器|often black|call a friend with it; computer|a machine that works with numbers and words|能计算的机器|gray or black|write and play games with it; mirror|a glass that shows your face|能照出脸的玻璃|silver|look at yourself in it; bicycle|a machine with two wheels|有两个轮子的车|any color|ride to school on it
dog|a friendly animal|友好的动物|brown, black or white|take it for a walk; cat|a small, soft animal|小小的软软的动物|black, white or orange|stroke it; horse|a big, strong animal|又大又强壮的动物|brown, black or white|ride it; cow|a big farm animal|农场里的大动物|black and white|get milk from it; bee|a small insect|小小的昆虫|yellow and black|watch it make honey
elephant|the biggest animal on land|陆地上最大的动物|gray|see it in the zoo; whale|a very big animal of the sea|海里很大的动物|blue or gray|watch it from a ship; tree|a tall plant|高高的植物|green and brown|sit in its shade; flower|a pretty plant|漂亮的植物|any color|put it in a vase; sun|a star|恒星|yellow|enjoy its light; moon|a round stone that circles the earth|绕着地球转的天体|white or gray|look at it at night
tiger|a big wild cat|大型的野猫|orange with black stripes|see it in the zoo; penguin|a bird that swims but cannot fly|会游泳但不会飞的鸟|black and white|watch it slide on the ice; bird|an animal with wings|有翅膀的动物|any color|listen to its song; fish|an animal that lives in water|生活在水里的动物|silver or gold|watch it swim; bread|a food made of flour|面粉做的食物|brown|eat it with butter; milk|a white drink|白色的饮料|white|drink it in the morning; tea|a hot drink|热的饮料|brown or green|drink it with a friend"""
OBJS = table(OBJ)
ZH_OF = {n[0]: n[1] for n in FOOD + DRINK + ANIMAL + THING}
ZH_OF.update(sun="太阳", moon="月亮", drum="鼓")


def objects(r):
    n, what, zh, color, use = r.choice(OBJS)
    cap = what[0].upper() + what[1:]
    A = grammar_story.art(n) if n not in ("bread", "milk", "tea") else n
    A = "the " + n if n in ("sun", "moon") else A
    qa = [(r.choice([f"What is {A}?", f"what is {A}", f"Tell me what {A} is.", f"Do you know what {A} is?", f"Can you explain what {A} is?"]), f"{A[0].upper() + A[1:]} is {what}."),
          (r.choice([f"What color is {A}?", f"What color is it?", f"Which color does it have?"]), f"It is {color}." if color != "any color" else "It can be any color."),
          (r.choice([f"What can I do with {A}?", f"What can you do with it?", "What is it good for?", "What can I do with it?"]), f"You can {use}."),
          (r.choice([f"Do you like it?", f"Do you like {A}?"]), r.choice([f"Yes, I like it. It is {what}.", f"I think it is nice, because you can {use}."])),
          (r.choice([f"Describe {A}.", f"Tell me about {A}.", f"Can you describe {A}?", f"What do you know about {A}?"]), f"{A[0].upper() + A[1:]} is {what}. " + (f"It is {color}. " if color != "any color" else "It can be any color. ") + f"You can {use}.")]
    x = r.random()
    if x < 0.15 and n in ZH_OF:
        return [u(r.choice([f"{ZH_OF[n]}是什么？", f"什么是{ZH_OF[n]}？", f"介绍一下{ZH_OF[n]}。"])), m(f"{ZH_OF[n]}是{zh}。")]
    if x < 0.5:
        q = r.choice(qa[:1] + qa[4:])
        return [u(q[0]), m(q[1])]
    if x < 0.6:
        return [u(r.choice([f"I have {A}.", f"I bought {A}.", f"Look, I have {A}!"]) if A[:3] != "the" else f"I can see {A}."), m(r.choice([f"How nice! You can {use}.", f"That is great. {A[0].upper() + A[1:]} is {what}.", f"Good for you! Now you can {use}."]))]
    out = []
    first = r.choice([qa[0], qa[4]])
    for q, a_ in [first] + r.sample(qa[1:4], r.randint(1, 3)):
        out += [u(q), m(a_)]
    return out


CATS = [("animals", "动物", ANIMAL), ("fruits", "水果", [f for f in FOOD if f[0] in "apple banana orange pear peach watermelon lemon strawberry grape mango".split()]), ("foods", "食物", FOOD), ("drinks", "饮料", DRINK[:7]), ("colors", "颜色", [(c[0], c[1] + "色") for c in COLOR]),
        ("countries", "国家", COUNTRY), ("cities", "城市", CITY), ("jobs", "职业", PEOPLE[:19]), ("days of the week", "星期", DAYS), ("months", "月份", MONTHS), ("seasons", "季节", SEASONS), ("things in a house", "家里的东西", THING[2:7] + THING[24:36]), ("toys", "玩具", [t for t in THING if t[0] in "ball doll kite robot balloon".split()])]


def join_en(w):
    return ", ".join(w[:-1]) + " and " + w[-1] if len(w) > 1 else w[0]


def lists(r):
    en, zh, items = r.choice(CATS)
    k = r.randint(2, min(6, len(items)))
    pick = r.sample(items, k)
    if en in ("days of the week", "seasons", "months"):
        pick = items[:k] if r.random() < 0.5 else items
        k = len(pick)
    if r.random() < 0.6:
        w = [grammar_translate.plural(p) if en in ("animals", "fruits") else p[0] for p in pick]
        num = r.choice([str(k), NUM_EN[k] if k <= 20 else str(k)])
        q = r.choice([f"Name {num} {en}.", f"List {num} {en}.", f"Tell me {num} {en}.", f"Can you name {num} {en}?", f"Give me {num} {en}.", f"Give me a list of {num} {en}.", f"Please list {num} {en}."])
        style = r.random()
        if style < 0.5:
            a_ = "\n".join(f"{i + 1}. {x[0].upper() + x[1:]}" for i, x in enumerate(w))
        else:
            a_ = join_en(w)
            a_ = a_[0].upper() + a_[1:] + "."
        return [u(q), m(a_)]
    w = [p[1] for p in pick]
    n = zh_num(k) if k != 2 else "两"
    q = r.choice([f"说出{n}种{zh}。", f"列出{n}个{zh}。", f"请说{n}个{zh}。", f"告诉我{n}种{zh}"])
    return [u(q), m("、".join(w) + "。")]


def copying(r):
    x = r.random()
    words = [r.choice(r.choice([FOOD, ANIMAL, THING]))for _ in range(r.randint(2, 6))]
    w = [p[0] for p in words]
    if x < 0.3:
        e, z = grammar_translate.pair(r)
        s = e if r.random() < 0.6 else z
        q = r.choice(["Repeat after me: {}", "Repeat: {}", "Say this again: {}", "Copy this sentence: {}", "请重复：{}", "跟我说：{}", "Please repeat this sentence: {}"])
        return [u(q.format(s)), m(s)]
    if x < 0.45:
        q = r.choice(["Copy these words: {}", "Repeat these words: {}", "Write these words again: {}"])
        return [u(q.format(", ".join(w))), m(", ".join(w))]
    if x < 0.6:
        q = r.choice(["Write these words in reverse order: {}", "Reverse this list: {}", "Say these words backwards: {}"])
        return [u(q.format(", ".join(w))), m(", ".join(w[::-1]))]
    if x < 0.72:
        q = r.choice(["What is the first word of this list: {}", "Which word comes first: {}"])
        return [u(q.format(", ".join(w))), m(f"The first word is {w[0]}.")]
    if x < 0.84:
        q = r.choice(["What is the last word of this list: {}", "Which word comes last: {}"])
        return [u(q.format(", ".join(w))), m(f"The last word is {w[-1]}.")]
    if x < 0.92:
        z = [p[1] for p in words]
        return [u("请重复这些词：" + "、".join(z)), m("、".join(z))]
    q = r.choice(["How many words are in this list: {}", "Count these words: {}"])
    return [u(q.format(", ".join(w))), m(f"There are {NUM_EN[len(w)]} words.")]


OPP = table("big|small|大|小;hot|cold|热|冷;good|bad|好|坏;old|young|老|年轻;new|old|新|旧;happy|sad|高兴|难过;tall|short|高|矮;fast|slow|快|慢;rich|poor|富|穷;day|night|白天|黑夜;up|down|上|下;black|white|黑|白;long|short|长|短;open|closed|开|关;easy|difficult|容易|难;clean|dirty|干净|脏;left|right|左|右;light|dark|亮|暗;early|late|早|晚;near|far|近|远;full|empty|满|空;strong|weak|强|弱;wet|dry|湿|干;loud|quiet|吵|安静;begin|end|开始|结束;love|hate|爱|恨;brave|afraid|勇敢|胆小;kind|mean|善良|刻薄")


def opposites(r):
    a_, b, c, d = r.choice(OPP)
    if r.random() < 0.5:
        a_, b, c, d = b, a_, d, c
    if r.random() < 0.6:
        return [u(r.choice([f"What is the opposite of {a_}?", f"Tell me the opposite of \"{a_}\".", f"Opposite of {a_}?"])), m(f"The opposite of {a_} is {b}.")]
    return [u(r.choice([f"“{c}”的反义词是什么？", f"{c}的反义词是什么", f"和“{c}”相反的词是什么？"])), m(f"“{c}”的反义词是“{d}”。")]


# ---- putting it together ------------------------------------------------------------------------
def small(r, zh):
    """One to three turns of small talk."""
    out = []
    for _ in range(r.choices([1, 2, 3], [60, 28, 12])[0]):
        q, a_ = grammar_chat.turn(r, zh)
        out += [u(q), m(a_)]
    return out


COUNTS = {"smalltalk_en": 18000, "chat_zh": 16000, "arith_en": 60000, "arith_zh": 30000, "story_en": 16000, "story_zh": 9000, "taleqa_en": 14000, "taleqa_zh": 6000,
          "tasks": 22000, "pairs": 60000, "mixed": 9000}


def documents(r, translation_documents, held_out):
    for _ in range(COUNTS["smalltalk_en"]):
        yield "smalltalk_en", "grammar", small(r, False), 0.1
    for _ in range(COUNTS["chat_zh"]):
        yield "chat_zh", "grammar", small(r, True), 0.1
    for zh, k in ((False, "arith_en"), (True, "arith_zh")):
        for _ in range(COUNTS[k]):
            yield "arithmetic", k, arithmetic(r, zh), 0.1
    for _ in range(COUNTS["story_en"]):
        s, t = grammar_story.story_en(r)
        q = r.choice(grammar_story.ASK).format(s) if r.random() > 0.07 else r.choice(grammar_story.ANY)
        yield "story_en", "grammar", [u(q), m(t)], 0.2
    for _ in range(COUNTS["story_zh"]):
        s, t = grammar_story.story_zh(r)
        q = r.choice(grammar_story.ZASK).format(s) if r.random() > 0.07 else r.choice(grammar_story.ZANY)
        yield "story_zh", "grammar", [u(q), m(t)], 0.2
    for k, f in (("taleqa_en", grammar_story.tale_en), ("taleqa_zh", grammar_story.tale_zh)):
        for _ in range(COUNTS[k]):
            q, a_ = f(r)
            yield k, "grammar", [u(q), m(a_)], 0.2
    for _ in range(COUNTS["tasks"]):
        f = r.choices([objects, lists, copying, opposites], [40, 20, 30, 10])[0]
        yield "tasks", "grammar", f(r), 0.15
    for _ in range(COUNTS["pairs"]):
        e, z = grammar_translate.pair(r)
        yield from translation_documents(r, e, z, "grammar_tr")
    for _ in range(COUNTS["mixed"]):  # turns of different kinds in one dialogue
        zh = r.random() < 0.4
        out = [{"role": "system", "content": r.choice(SYSTEMS)}] if r.random() < 0.5 else []
        for _ in range(r.randint(1, 4)):
            x = r.random()
            if x < 0.4:
                out += [u((t := grammar_chat.turn(r, zh))[0]), m(t[1])]
            elif x < 0.55:
                t = arithmetic(r, zh)
                out += [] if held_out("arith", t) else t
            elif x < 0.7:
                d = r.choice(list(translation_documents(r, *grammar_translate.pair(r), "")))
                out += [] if d[1] else d[2]
            elif x < 0.85:
                out += r.choice([objects, lists, copying, opposites])(r)
            else:
                s, t = (grammar_story.story_zh if zh else grammar_story.story_en)(r)
                out += [u(r.choice(grammar_story.ZASK if zh else grammar_story.ASK).format(s)), m(t)]
        if len(out) > 1:
            yield "chat_zh" if zh else "smalltalk_en", "mixed", out, 0.1
