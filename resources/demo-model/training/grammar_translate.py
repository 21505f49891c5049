"""Sentence pairs, English and Chinese, from patterns over the lexicon."""
from lexicon import *

# English subject, verb is third person, Chinese, forms of be, possessive en/zh
PRON = [("I", 0, "我", "am", "was", "my", "我的"), ("You", 0, "你", "are", "were", "your", "你的"),
        ("He", 1, "他", "is", "was", "his", "他的"), ("She", 1, "她", "is", "was", "her", "她的"),
        ("We", 0, "我们", "are", "were", "our", "我们的"), ("They", 0, "他们", "are", "were", "their", "他们的")]
OBJ = [("me", "我"), ("you", "你"), ("him", "他"), ("her", "她"), ("us", "我们"), ("them", "他们")]
SETS = {"FOOD": FOOD, "DRINK": DRINK, "ANIMAL": ANIMAL, "THING": THING, "PEOPLE": PEOPLE}


def plural(n):
    if len(n) > 3:
        return n[0] if n[3] == "-" else n[3]
    w = n[0]
    if w.endswith("y") and w[-2] not in "aeiou":
        return w[:-1] + "ies"
    return w + ("es" if w.endswith(("s", "x", "ch", "sh")) else "s")


def mass(n):
    return len(n) > 3 and n[3] == "-"


def a(w):
    return ("an " if w[0] in "aeio" or w.startswith(("um", "un")) else "a ") + w


def is_are(n):
    return "is"


def subject(r, third=None):
    x = r.random()
    if x < 0.55:
        c = [p for p in PRON if third is None or p[1] == third]
        return r.choice(c)
    if x < 0.72 and third != 0:
        n = r.choice(NAMES)
        he = r.random() < 0.5
        return (n[0], 1, n[1], "is", "was", "his" if he else "her", "他的" if he else "她的")
    if third == 0:
        return r.choice([p for p in PRON if p[1] == 0])
    f = r.choice(FAMILY)
    p = r.choice(PRON)
    zh = p[6] + f[1] if r.random() < 0.6 else p[2] + f[1]
    return (p[5].capitalize() + " " + f[0], 1, zh, "is", "was", "his", "他的")


def low(s):
    return s if s[0] == "I" or s[0] in {n[0] for n in NAMES} else s[0].lower() + s[1:]


def verb(v, s):
    return v[1] if s[1] else v[0]


def one(n, r):
    """'an apple' / '一个苹果', 'some milk' / '一些牛奶'."""
    if mass(n):
        return ("some " + n[0], "一些" + n[1]) if r.random() < 0.6 else (n[0], n[1])
    x = r.random()
    if x < 0.55:
        return a(n[0]), "一" + n[2] + n[1]
    if x < 0.8:
        k = r.randint(2, 10)
        return NUM_EN[k] + " " + plural(n), ("两" if k == 2 else NUM_ZH[k]) + n[2] + n[1]
    return "some " + plural(n), "一些" + n[1]


def noun_any(r):
    return r.choice(r.choice([FOOD, DRINK, ANIMAL, THING, THING]))


CUP = {"杯": "a cup of ", "碗": "a bowl of ", "块": "a piece of "}


def hen(adj):
    return "很" + adj


def p_like(r):
    s, n = subject(r), noun_any(r)
    w = plural(n)
    x = r.random()
    if x < 0.4:
        return f"{s[0]} like{'s' if s[1] else ''} {w}.", f"{s[2]}喜欢{n[1]}。"
    if x < 0.6:
        return f"{s[0]} {'doesn' if s[1] else 'don'}'t like {w}.", f"{s[2]}不喜欢{n[1]}。"
    if x < 0.75:
        return f"{'Does' if s[1] else 'Do'} {low(s[0])} like {w}?", f"{s[2]}喜欢{n[1]}吗？"
    if x < 0.88:
        v = r.choice(VI)
        return f"{s[0]} like{'s' if s[1] else ''} {v[3]}." if r.random() < 0.5 else f"{s[0]} like{'s' if s[1] else ''} to {v[0]}.", f"{s[2]}喜欢{v[4]}。"
    m = noun_any(r)
    return (f"{s[0]} like{'s' if s[1] else ''} {w} and {plural(m)}.", f"{s[2]}喜欢{n[1]}和{m[1]}。")


def p_vt(r):
    v = r.choice(VT)
    s, n = subject(r), r.choice(SETS[v[5]])
    e, z = one(n, r)
    x = r.random()
    if v[0] in ("want", "need"):
        if x < 0.5:
            return f"{s[0]} {verb(v, s)} {e}.", f"{s[2]}{v[4]}{z}。"
        if x < 0.75:
            return f"{'Does' if s[1] else 'Do'} {low(s[0])} {v[0]} {e}?", f"{s[2]}{v[4]}{z}吗？"
        return f"{s[0]} {'doesn' if s[1] else 'don'}'t {v[0]} {e}.", f"{s[2]}不{v[4]}{z}。"
    if x < 0.3:
        t = r.choice(TIME_PAST)
        zp = f"{s[2]}{t[1]}{v[4]}了{z}。"
        return f"{s[0]} {v[2]} {e} {t[0]}.", zp
    if x < 0.45:
        return f"{s[0]} {v[2]} {e}.", f"{s[2]}{v[4]}了{z}。"
    if x < 0.62 and v[0] not in ("see", "find", "lose"):
        return f"{s[0]} {s[3]} {v[3]} {e}.", f"{s[2]}在{v[4]}{z}。" if r.random() < 0.5 else f"{s[2]}正在{v[4]}{z}。"
    if x < 0.75 and v[0] not in ("lose",):
        return f"{s[0]} want{'s' if s[1] else ''} to {v[0]} {e}.", f"{s[2]}想{v[4]}{z}。"
    if x < 0.88:
        t = r.choice(TIME_FUT)
        return f"{s[0]} will {v[0]} {e} {t[0]}.", f"{s[2]}{t[1]}会{v[4]}{z}。"
    w = plural(n)
    t = r.choice(TIME_HAB)
    if v[0] in ("lose", "find"):
        return f"{s[0]} can't find {s[5]} {n[0]}.", f"{s[2]}找不到{s[6]}{n[1]}。"
    if t[0] in ("often", "always", "sometimes", "usually"):
        return f"{s[0]} {t[0]} {verb(v, s)} {w}.", f"{s[2]}{t[1]}{v[4]}{n[1]}。"
    return f"{s[0]} {verb(v, s)} {w} {t[0]}.", f"{s[2]}{t[1]}{v[4]}{n[1]}。"


def p_vi(r):
    v, s = r.choice(VI), subject(r)
    x = r.random()
    if x < 0.2:
        return f"{s[0]} {s[3]} {v[3]}.", f"{s[2]}{r.choice(['在', '正在'])}{v[4]}。"
    if x < 0.35:
        t = r.choice(TIME_HAB)
        if t[0] in ("often", "always", "sometimes", "usually"):
            return f"{s[0]} {t[0]} {verb(v, s)}.", f"{s[2]}{t[1]}{v[4]}。"
        return f"{s[0]} {verb(v, s)} {t[0]}.", f"{s[2]}{t[1]}{v[4]}。"
    if x < 0.5:
        return f"{s[0]} can {v[0]}.", f"{s[2]}会{v[4]}。"
    if x < 0.58:
        return f"{s[0]} can't {v[0]}.", f"{s[2]}不会{v[4]}。"
    if x < 0.66:
        return f"Can {low(s[0])} {v[0]}?", f"{s[2]}会{v[4]}吗？"
    if x < 0.74:
        return f"{s[0]} want{'s' if s[1] else ''} to {v[0]}.", f"{s[2]}想{v[4]}。"
    if x < 0.82:
        t = r.choice(TIME_FUT)
        return f"{s[0]} will {v[0]} {t[0]}.", f"{s[2]}{t[1]}会{v[4]}。"
    if x < 0.88:
        return f"{'Does' if s[1] else 'Do'} {low(s[0])} like to {v[0]}?", f"{s[2]}喜欢{v[4]}吗？"
    if x < 0.94:
        return f"Let's {v[0]}.", f"我们{v[4]}吧。"
    be = {"am": "Am", "is": "Is", "are": "Are"}[s[3]]
    return f"{be} {low(s[0])} {v[3]}?", f"{s[2]}在{v[4]}吗？"


def p_do(r):
    d, s = r.choice(DO), subject(r)
    x = r.random()
    third = "s" if s[1] else ""
    if x < 0.25:
        return f"{s[0]} want{third} to {d[0]}.", f"{s[2]}想{d[1]}。"
    if x < 0.35:
        return f"{s[0]} {'doesn' if s[1] else 'don'}'t want to {d[0]}.", f"{s[2]}不想{d[1]}。"
    if x < 0.45:
        return f"{'Does' if s[1] else 'Do'} {low(s[0])} want to {d[0]}?", f"{s[2]}想{d[1]}吗？"
    if x < 0.55:
        return f"{s[0]} must {d[0]}.", f"{s[2]}必须{d[1]}。"
    if x < 0.65:
        return f"{s[0]} should {d[0]}.", f"{s[2]}应该{d[1]}。"
    if x < 0.75:
        return f"{s[0]} need{third} to {d[0]}.", f"{s[2]}需要{d[1]}。"
    if x < 0.85:
        return f"Can I {d[0]}?", f"我可以{d[1]}吗？"
    if x < 0.93:
        return f"Please {d[0]}.", f"请{d[1]}。"
    return f"Don't {d[0]}.", f"不要{d[1]}。"


def p_adj_thing(r):
    k = r.random()
    if k < 0.35:
        n, ad = r.choice(THING), r.choice(ADJ_THING)
    elif k < 0.65:
        n, ad = r.choice(FOOD), r.choice(ADJ_FOOD)
    else:
        n, ad = r.choice(ANIMAL), r.choice(ADJ_ANIMAL)
    this, zthis = r.choice([("This", "这"), ("That", "那")])
    det, zdet = r.choice([("The", ""), (this, zthis + n[2]), ("My", "我的"), ("Your", "你的"), ("The", "")])
    x = r.random()
    if x < 0.4:
        return f"{det} {n[0]} is {ad[0]}.", f"{zdet}{n[1]}很{ad[1]}。"
    if x < 0.58:
        return f"{det} {n[0]} is very {ad[0]}.", f"{zdet}{n[1]}非常{ad[1]}。"
    if x < 0.7:
        return f"{det} {n[0]} is not {ad[0]}.", f"{zdet}{n[1]}不{ad[1]}。"
    if x < 0.8:
        return f"Is {det.lower()} {n[0]} {ad[0]}?", f"{zdet}{n[1]}{ad[1]}吗？"
    if x < 0.9:
        return f"{det} {n[0]} is too {ad[0]}.", f"{zdet}{n[1]}太{ad[1]}了。"
    return f"The {n[0]} was {ad[0]}.", f"{n[1]}很{ad[1]}。"


def p_adj_person(r):
    s, ad = subject(r), r.choice(ADJ_PERSON)
    x = r.random()
    t = r.choice(["", "", "", " today"])
    zt = "今天" if t else ""
    if x < 0.35:
        return f"{s[0]} {s[3]} {ad[0]}{t}.", f"{s[2]}{zt}很{ad[1]}。"
    if x < 0.5:
        return f"{s[0]} {s[3]} very {ad[0]}{t}.", f"{s[2]}{zt}非常{ad[1]}。"
    if x < 0.62:
        return f"{s[0]} {s[3]} not {ad[0]}{t}.", f"{s[2]}{zt}不{ad[1]}。"
    if x < 0.76:
        be = {"am": "Am", "is": "Is", "are": "Are"}[s[3]]
        return f"{be} {low(s[0])} {ad[0]}{t}?", f"{s[2]}{zt}{ad[1]}吗？"
    if x < 0.86:
        return f"{s[0]} {s[4]} {ad[0]} yesterday.", f"{s[2]}昨天很{ad[1]}。"
    s2 = r.choice(NAMES)
    if s2[0] == s[0]:
        s2 = ("Grandma", "奶奶")
    return f"{s[0]} {s[3]} {ad[2]} than {s2[0]}.", f"{s[2]}比{s2[1]}{ad[1]}。"


def p_compare(r):
    g, ads = r.choice([(ANIMAL, ADJ_ANIMAL), (THING, ADJ_THING)])
    m, n, ad = r.choice(g), r.choice(g), r.choice(ads)
    if m[0] == n[0]:
        return p_compare(r)
    if r.random() < 0.5:
        return f"The {m[0]} is {ad[2]} than the {n[0]}.", f"{m[1]}比{n[1]}{ad[1]}。"
    return f"This {m[0]} is {ad[2]} than that {m[0]}.", f"这{m[2]}{m[1]}比那{m[2]}{m[1]}{ad[1]}。"


def p_be(r):
    x = r.random()
    if x < 0.45:
        s, n = subject(r), r.choice(PEOPLE[:19] + PEOPLE[-5:])
        pl = s[0] in ("We", "They")
        e = plural(n) if pl else a(n[0])
        z = n[1]
        y = r.random()
        if y < 0.45:
            return f"{s[0]} {s[3]} {e}.", f"{s[2]}是{z}。" if r.random() < 0.7 or pl else f"{s[2]}是一{n[2]}{z}。"
        if y < 0.65:
            be = {"am": "Am", "is": "Is", "are": "Are"}[s[3]]
            return f"{be} {low(s[0])} {e}?", f"{s[2]}是{z}吗？"
        if y < 0.8:
            return f"{s[0]} {s[3]} not {e}.", f"{s[2]}不是{z}。"
        return f"{s[0]} want{'s' if s[1] else ''} to be {a(n[0]) if not pl else plural(n)}.", f"{s[2]}想当{z}。"
    n = r.choice(r.choice([THING, THING, ANIMAL, FOOD]))
    if mass(n):
        return f"This is {n[0]}.", f"这是{n[1]}。"
    this, zt = r.choice([("This", "这"), ("That", "那"), ("It", "它")])
    y = r.random()
    if y < 0.35:
        return f"{this} is {a(n[0])}.", f"{zt}是一{n[2]}{n[1]}。"
    if y < 0.5:
        return f"Is {this.lower()} {a(n[0])}?", f"{zt}是一{n[2]}{n[1]}吗？"
    if y < 0.65:
        return f"{this} is not {a(n[0])}.", f"{zt}不是{n[1]}。"
    p = r.choice(PRON)
    if y < 0.85:
        return f"{this} is {p[5]} {n[0]}.", f"{zt}是{p[6]}{n[1]}。"
    return f"Is {this.lower()} {p[5]} {n[0]}?", f"{zt}是{p[6]}{n[1]}吗？"


def p_where(r):
    n, w = r.choice(r.choice([THING, THING, ANIMAL, FOOD])), r.choice(WHERE)
    p = r.choice(PRON)
    x = r.random()
    if x < 0.2:
        return f"Where is the {n[0]}?", f"{n[1]}在哪里？"
    if x < 0.35:
        return f"Where is {p[5]} {n[0]}?", f"{p[6]}{n[1]}在哪里？"
    if x < 0.6:
        return f"The {n[0]} is {w[0]}.", f"{n[1]}{w[1]}。"
    if x < 0.72:
        return f"{p[5].capitalize()} {n[0]} is {w[0]}.", f"{p[6]}{n[1]}{w[1]}。"
    e, z = one(n, r)
    be = "is" if e.startswith(("a ", "an ")) or mass(n) else "are"
    return f"There {be} {e} {w[0]}.", f"{w[1][1:]}有{z}。"


def p_have(r):
    s = subject(r)
    h = "has" if s[1] else "have"
    n = r.choice(r.choice([THING, ANIMAL, FOOD, THING]))
    e, z = one(n, r)
    x = r.random()
    if x < 0.35:
        return f"{s[0]} {h} {e}.", f"{s[2]}有{z}。"
    if x < 0.5:
        return f"{'Does' if s[1] else 'Do'} {low(s[0])} have {e}?", f"{s[2]}有{z}吗？"
    if x < 0.62:
        return f"{s[0]} {'doesn' if s[1] else 'don'}'t have {a(n[0]) if not mass(n) else n[0]}.", f"{s[2]}没有{n[1]}。"
    if x < 0.8 and not mass(n):
        if n in ANIMAL:
            ad = r.choice(ADJ_ANIMAL)
            return f"{s[0]} {h} {a(ad[0] + ' ' + n[0])}.", f"{s[2]}有一{n[2]}{ad[1]}{'' if len(ad[1]) == 1 and ad[1] in '大小' else '的'}{n[1]}。"
        ad = r.choice(ADJ_THING[:8])
        return f"{s[0]} {h} {a(ad[0] + ' ' + n[0])}.", f"{s[2]}有一{n[2]}{ad[1]}{'' if ad[1] in '大小新旧好' else '的'}{n[1]}。"
    c = r.choice(COLOR)
    if mass(n) or n in FOOD:
        return f"{s[0]} {h} {e}.", f"{s[2]}有{z}。"
    return f"{s[0]} {h} {a(c[0] + ' ' + n[0])}.", f"{s[2]}有一{n[2]}{c[1]}色的{n[1]}。"


def p_color(r):
    n, c = r.choice(r.choice([THING, ANIMAL])), r.choice(COLOR)
    x = r.random()
    if x < 0.4:
        return f"The {n[0]} is {c[0]}.", f"{n[1]}是{c[1]}色的。"
    if x < 0.6:
        p = r.choice(PRON)
        return f"{p[5].capitalize()} {n[0]} is {c[0]}.", f"{p[6]}{n[1]}是{c[1]}色的。"
    if x < 0.75:
        return f"What color is the {n[0]}?", f"{n[1]}是什么颜色的？"
    if x < 0.9:
        return f"My favorite color is {c[0]}.", f"我最喜欢的颜色是{c[1]}色。"
    return f"I like the color {c[0]}.", f"我喜欢{c[1]}色。"


def to(p):
    return "to " + p if p not in ("home",) else p


def p_go(r):
    s, p = subject(r), r.choice(PLACE)
    x = r.random()
    if x < 0.22:
        t = r.choice(TIME_PAST)
        return f"{s[0]} went to {p[0]} {t[0]}.", f"{s[2]}{t[1]}去了{p[1]}。" if p[1] != "上班" else f"{s[2]}{t[1]}去上班了。"
    if x < 0.42:
        t = r.choice(TIME_FUT)
        return f"{s[0]} will go to {p[0]} {t[0]}.", f"{s[2]}{t[1]}会去{p[1]}。"
    if x < 0.55:
        return f"{s[0]} want{'s' if s[1] else ''} to go to {p[0]}.", f"{s[2]}想去{p[1]}。"
    if x < 0.67:
        t = r.choice(TIME_HAB)
        g = "goes" if s[1] else "go"
        if t[0] in ("often", "always", "sometimes", "usually"):
            return f"{s[0]} {t[0]} {g} to {p[0]}.", f"{s[2]}{t[1]}去{p[1]}。"
        return f"{s[0]} {g} to {p[0]} {t[0]}.", f"{s[2]}{t[1]}去{p[1]}。"
    if x < 0.8:
        return f"{s[0]} {s[3]} going to {p[0]}.", f"{s[2]}要去{p[1]}。"
    if x < 0.9:
        return f"Let's go to {p[0]}.", f"我们去{p[1]}吧。"
    if p[1] == "上班":
        return "I am at work.", "我在上班。"
    if p[0].startswith("the "):
        return f"Where is {p[0]}?", f"{p[1]}在哪里？"
    return f"How do I get to {p[0]}?", f"我怎么去{p[1]}？"


def p_place(r):
    x = r.random()
    s = subject(r)
    if x < 0.25:
        c = r.choice(CITY + COUNTRY)
        return f"{s[0]} live{'s' if s[1] else ''} in {c[0]}.", f"{s[2]}住在{c[1]}。"
    if x < 0.45:
        c = r.choice(COUNTRY + CITY)
        return f"{s[0]} {s[3]} from {c[0]}.", f"{s[2]}来自{c[1]}。"
    p = r.choice([p for p in PLACE if p[0].startswith("the ")])
    if x < 0.6:
        return f"{s[0]} {s[3]} in {p[0]}.", f"{s[2]}在{p[1]}。"
    ad = r.choice(ADJ_PLACE)
    if x < 0.8:
        return f"{p[0].capitalize()} is {ad[0]}.", f"{p[1]}很{ad[1]}。"
    if x < 0.9:
        c = r.choice(COUNTRY + CITY)
        return f"{c[0]} is very beautiful.", f"{c[1]}非常美丽。"
    c = r.choice(COUNTRY)
    return f"Have you ever been to {c[0]}?", f"你去过{c[1]}吗？"


def p_time(r):
    x = r.random()
    if x < 0.2:
        w = r.choice(WEATHER)
        t = r.choice([("today", "今天"), ("in winter", "冬天"), ("in summer", "夏天"), ("here", "这里"), ("today", "今天")])
        y = r.random()
        if y < 0.5:
            return f"It is {w[0]} {t[0]}.", f"{t[1]}很{w[1]}。" if len(w[1]) < 2 or w[1][0] in "暖凉" else f"{t[1]}{w[1]}。"
        if y < 0.75:
            return f"It is very {w[0]} {t[0]}.", f"{t[1]}非常{w[1]}。" if w[1] != "有风" else f"{t[1]}风很大。"
        return f"It was {w[0]} yesterday.", f"昨天很{w[1]}。" if w[1] != "有风" else "昨天有风。"
    if x < 0.32:
        k = r.randint(1, 12)
        return r.choice([f"It is {NUM_EN[k]} o'clock.", f"It's {NUM_EN[k]} o'clock now."]), f"现在{'两' if k == 2 else NUM_ZH[k]}点。"
    if x < 0.44:
        d = r.choice(DAYS)
        t = r.choice([("Today is", "今天是"), ("Tomorrow is", "明天是"), ("Yesterday was", "昨天是")])
        return f"{t[0]} {d[0]}.", f"{t[1]}{d[1]}。"
    if x < 0.52:
        m = r.choice(MONTHS)
        return f"My birthday is in {m[0]}.", f"我的生日在{m[1]}。"
    if x < 0.62:
        m = r.choice(SEASONS)
        return r.choice([(f"I like {m[0]}.", f"我喜欢{m[1]}。"), (f"My favorite season is {m[0]}.", f"我最喜欢的季节是{m[1]}。"), (f"{m[0].capitalize()} is coming.", f"{m[1]}来了。")])
    if x < 0.78:
        k, s = r.randint(1, 20), subject(r)
        if s[0] in ("We", "They"):
            s = PRON[0]
        return f"{s[0]} {s[3]} {NUM_EN[k]} years old.", f"{s[2]}{'两' if k == 2 else NUM_ZH[k]}岁。"
    if x < 0.9:
        k, s = r.randint(4, 12), subject(r)
        v = r.choice([("get", "gets", "up", "起床"), ("go", "goes", "to bed", "睡觉"), ("have", "has", "lunch", "吃午饭"), ("have", "has", "breakfast", "吃早饭"), ("go", "goes", "home", "回家"), ("go", "goes", "to work", "去上班"), ("eat", "eats", "dinner", "吃晚饭")])
        return f"{s[0]} {v[1] if s[1] else v[0]} {v[2]} at {NUM_EN[k]} o'clock.", f"{s[2]}{NUM_ZH[k]}点{v[3]}。"
    s = r.choice(SUBJECTS)
    p = subject(r)
    return r.choice([(f"{p[0]} {'studies' if p[1] else 'study'} {s[0]}.", f"{p[2]}学习{s[1]}。"), (f"My favorite subject is {s[0]}.", f"我最喜欢的科目是{s[1]}。"), (f"{p[0]} {s0(p)} {s[0]} at school.", f"{p[2]}在学校教{s[1]}。")])


def s0(p):
    return "teaches" if p[1] else "teach"


def p_ask(r):
    n = r.choice(r.choice([THING, FOOD, ANIMAL]))
    x = r.random()
    if x < 0.3:
        if mass(n):
            return f"How much is the {n[0]}?", f"{n[1]}多少钱？"
        return f"How much is this {n[0]}?", f"这{n[2]}{n[1]}多少钱？"
    if x < 0.5 and not mass(n):
        return f"How many {plural(n)} do you have?", f"你有几{n[2]}{n[1]}？"
    if x < 0.65 and not mass(n):
        return f"Whose {n[0]} is this?", f"这是谁的{n[1]}？"
    if x < 0.85:
        if mass(n):
            c = CUP.get(n[2], "some ")
            return f"Please give me {c}{n[0]}.", f"请给我{'一些' if c == 'some ' else '一' + n[2]}{n[1]}。"
        return f"Please give me {a(n[0])}.", f"请给我一{n[2]}{n[1]}。"
    d = r.choice(DRINK)
    return r.choice([(f"Would you like a cup of {d[0]}?", f"你想要一杯{d[1]}吗？"), (f"I would like a cup of {d[0]}.", f"我想要一杯{d[1]}。"), (f"A cup of {d[0]}, please.", f"请来一杯{d[1]}。")])


def p_family(r):
    p, f = r.choice(PRON), r.choice(FAMILY[:16])
    n = r.choice(PEOPLE[:19])
    x = r.random()
    if x < 0.35:
        return f"{p[5].capitalize()} {f[0]} is {a(n[0])}.", f"{p[6]}{f[1]}是{n[1]}。"
    if x < 0.55:
        return f"This is {p[5]} {f[0]}.", f"这是{p[6]}{f[1]}。"
    if x < 0.7:
        o, (q, zq) = r.choice(PRON), r.choice(OBJ)
        v = r.choice([("love", "爱"), ("know", "认识"), ("miss", "想念"), ("like", "喜欢"), ("understand", "理解"), ("believe", "相信"), ("help", "帮助")])
        if o[2] == zq or (o[0] == "I" and q == "me") or (o[0] == "We" and q in ("us", "me")):
            q, zq = "my " + f[0], "我的" + f[1]
        return f"{o[0]} {v[0]}{'s' if o[1] else ''} {q}.", f"{o[2]}{v[1]}{zq}。"
    if x < 0.85:
        v = r.choice(VI)
        return f"{p[5].capitalize()} {f[0]} is {v[3]}.", f"{p[6]}{f[1]}在{v[4]}。"
    return f"{p[5].capitalize()} {f[0]} gave me {a('book') if r.random() < .3 else a((g := r.choice(THING[:40]))[0])}." if False else _gave(r, p, f)


def _gave(r, p, f):
    n = r.choice([x for x in THING if not mass(x)])
    return f"{p[5].capitalize()} {f[0]} gave me {a(n[0])}.", f"{p[6]}{f[1]}给了我一{n[2]}{n[1]}。"


def p_join(r):
    x = r.random()
    if x < 0.35:
        s, t = subject(r), r.choice(PRON)
        n, m = noun_any(r), noun_any(r)
        return (f"{s[0]} like{'s' if s[1] else ''} {plural(n)}, but {low(t[0])} like{'s' if t[1] else ''} {plural(m)}.",
                f"{s[2]}喜欢{n[1]}，但是{t[2]}喜欢{m[1]}。")
    if x < 0.6:
        s, d, ad = r.choice(PRON), r.choice(DO), r.choice(ADJ_PERSON)
        return (f"{s[0]} want{'s' if s[1] else ''} to {d[0]} because {low(s[0])} {s[3]} {ad[0]}.",
                f"{s[2]}想{d[1]}，因为{s[2]}很{ad[1]}。")
    if x < 0.8:
        s, v, w = subject(r), r.choice(VI), r.choice(VI)
        return f"{s[0]} can {v[0]} and {w[0]}.", f"{s[2]}会{v[4]}和{w[4]}。"
    v, w = r.choice(VI), r.choice(DO)
    return (f"If it rains tomorrow, I will {v[0]}.", f"如果明天下雨，我就{v[4]}。") if r.random() < 0.4 else (
        f"After dinner, I will {v[0]}.", f"晚饭后，我会{v[4]}。") if r.random() < 0.5 else (
        f"I think you should {w[0]}.", f"我觉得你应该{w[1]}。")


def p_phrase(r):
    return r.choice(PHRASES)


def p_word(r):
    k = r.random()
    if k < 0.7:
        n = noun_any(r) if r.random() < 0.8 else r.choice(PEOPLE)
        return n[0], n[1]
    if k < 0.8:
        c = r.choice(COLOR)
        return c[0], c[1] + "色"
    if k < 0.9:
        return r.choice(DAYS + MONTHS + SEASONS + COUNTRY + CITY)
    return r.choice([(w[0], w[1]) for w in ADJ_PERSON + ADJ_THING])


def p_where_do(r):
    """Actions at places, with people, and questions about them."""
    v = r.choice(VI[:24])
    s = subject(r)
    p = r.choice([p for p in PLACE if p[0].startswith("the ")])
    x = r.random()
    do = "does" if s[1] else "do"
    if x < 0.22:
        return f"{s[0]} {s[3]} {v[3]} in {p[0]}.", f"{s[2]}在{p[1]}{v[4]}。"
    if x < 0.32:
        return f"The children are {v[3]} in {p[0]}.", f"孩子们在{p[1]}{v[4]}。"
    if x < 0.42:
        o, zo = r.choice([("my friend", "我的朋友"), ("my parents", "我的父母"), ("my family", "我的家人"), ("my mother", "我妈妈"), ("Tom", "汤姆"), ("her sister", "她的姐姐"), ("his brother", "他的哥哥")])
        return f"{s[0]} {verb(v, s)} with {o}.", f"{s[2]}和{zo}一起{v[4]}。"
    if x < 0.5:
        be = s[3]
        return f"What {be} {low(s[0])} doing?", f"{s[2]}在做什么？"
    if x < 0.57:
        return f"Where {do} {low(s[0])} live?", f"{s[2]}住在哪里？"
    if x < 0.64:
        w = r.choice([("like", "喜欢"), ("want", "想要"), ("need", "需要")])
        return f"What {do} {low(s[0])} {w[0]}?", f"{s[2]}{w[1]}什么？"
    if x < 0.7:
        return f"When will {low(s[0])} go to {p[0]}?", f"{s[2]}什么时候去{p[1]}？"
    if x < 0.77:
        ad = r.choice(ADJ_PERSON)
        return f"Why {s[3]} {low(s[0])} {ad[0]}?", f"{s[2]}为什么{ad[1]}？"
    if x < 0.83:
        return f"{s[0]} usually {'goes' if s[1] else 'go'} to {p[0]} with {s[5]} friends.", f"{s[2]}通常和朋友一起去{p[1]}。"
    if x < 0.9:
        n = r.choice([("parents", "父母"), ("family", "家人"), ("children", "孩子们"), ("friends", "朋友们"), ("mother", "妈妈"), ("teacher", "老师")])
        w = r.choice([("love", "爱"), ("miss", "想念"), ("like", "喜欢")])
        return f"{s[0]} {w[0]}{'s' if s[1] else ''} {s[5]} {n[0]}.", f"{s[2]}{w[1]}{s[6]}{n[1]}。"
    m, t = r.choice(MONTHS + SEASONS), r.choice(COUNTRY + CITY)
    return f"{s[0]} want{'s' if s[1] else ''} to visit {t[0]} in {m[0]}.", f"{s[2]}想{m[1]}去{t[1]}。"


def p_adj_noun(r):
    """A noun with an adjective or colour in front of it, as subject or object."""
    k = r.random()
    if k < 0.5:
        n, c = r.choice(r.choice([THING, ANIMAL])), r.choice(COLOR)
        if mass(n):
            return p_adj_noun(r)
        e, z = c[0] + " " + n[0], c[1] + "色的" + n[1]
    else:
        n = r.choice(ANIMAL)
        ad = r.choice(ADJ_ANIMAL)
        e, z = ad[0] + " " + n[0], ad[1] + ("" if ad[1] in "大小" else "的") + n[1]
    x = r.random()
    s = subject(r)
    if x < 0.3:
        return f"{s[0]} saw {a(e)}.", f"{s[2]}看见了一{n[2]}{z}。"
    if x < 0.5:
        w = r.choice(WHERE)
        return f"There is {a(e)} {w[0]}.", f"{w[1][1:]}有一{n[2]}{z}。"
    if x < 0.7:
        return f"This is {a(e)}.", f"这是一{n[2]}{z}。"
    if x < 0.85:
        return f"{s[0]} like{'s' if s[1] else ''} the {e}.", f"{s[2]}喜欢那{n[2]}{z}。"
    v = r.choice([("is sleeping", "在睡觉"), ("is running", "在跑"), ("is eating", "在吃东西"), ("is drinking water", "在喝水"), ("is playing", "在玩")])
    n = r.choice(ANIMAL)
    d = r.choice([("The", ""), ("My", "我的"), ("The little", "小")])
    return f"{d[0]} {n[0]} {v[0]}.", f"{d[1]}{n[1]}{v[1]}。"


PATTERNS = [(p_where_do, 10), (p_adj_noun, 6), (p_like, 8), (p_vt, 14), (p_vi, 10), (p_do, 8), (p_adj_thing, 8), (p_adj_person, 8), (p_compare, 3), (p_be, 8),
            (p_where, 6), (p_have, 8), (p_color, 4), (p_go, 8), (p_place, 5), (p_time, 8), (p_ask, 5), (p_family, 6),
            (p_join, 6), (p_phrase, 14), (p_word, 6)]


def pair(r):
    f = r.choices([p for p, _ in PATTERNS], [w for _, w in PATTERNS])[0]
    e, z = f(r)[:2]
    if e.endswith(".") and r.random() < 0.3:  # short forms
        for x, y in (("I am ", "I'm "), ("He is ", "He's "), ("She is ", "She's "), ("It is ", "It's "), ("They are ", "They're "), ("We are ", "We're "), (" is not ", " isn't ")):
            if x in e:
                e = e.replace(x, y)
                break
    return e, z
