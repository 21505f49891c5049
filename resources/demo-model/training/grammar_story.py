"""Short tales from plots, and questions about tales.  [a|b] is a free choice, {x} a slot."""
import re

ALT = re.compile(r"\[([^\[\]]*)\]")


def expand(r, text, slots):
    while True:
        m = ALT.search(text)
        if not m:
            break
        text = text[:m.start()] + r.choice(m.group(1).split("|")) + text[m.end():]
    text = text.format(**slots)
    return re.sub(r"(^\"?|[.!?\n] \"?|\n\"?|: \")([a-z])", lambda m: m.group(1) + m.group(2).upper(), text)


ANIMALS = """cat dog bird rabbit bear mouse lion fox frog duck pig cow horse sheep elephant monkey tiger turtle bee butterfly owl wolf squirrel
snake goat hen ant spider dragon whale dolphin penguin puppy kitten fish crab hedgehog panda deer snail giraffe zebra kangaroo camel
parrot swan crow rooster donkey mole beaver otter seal shark octopus ladybug firefly bat raccoon lamb pony goose chick worm dinosaur unicorn""".split()
FOLK = """boy girl king queen princess prince farmer fisherman baker doctor teacher pirate witch wizard giant fairy robot knight
clown painter sailor cook gardener tailor shepherd old_man old_woman monster ghost snowman astronaut scientist mermaid dwarf singer hunter soldier mother grandmother grandfather""".split()
HE = set("boy king prince farmer fisherman knight old_man sailor wizard shepherd grandfather tailor pirate giant snowman hunter soldier".split())
SHE = set("girl queen princess fairy witch old_woman mermaid mother grandmother hen cow".split())
BOYS = "Tom Ben Max Sam Leo Tim Jack Peter Bob Finn Oscar Henry Toby Charlie".split()
GIRLS = "Lily Mia Anna Lucy Sue Emma Ruby Rose Bella Molly Sara Daisy Nina Zoe".split()
PETS = "Pip Coco Milo Bubbles Sunny Fluffy Tiny Dot Momo Nibbles Rusty Pepper Biscuit Snowy Spot Ziggy Buttons Shadow Hazel Poppy".split()
THINGS = """ball kite balloon boat bike doll book hat lamp key ring mirror box drum clock cup umbrella toy_car train robot teddy_bear shell stone feather
star map bell flute coat shoe pencil guitar cake cookie apple pumpkin egg flower tree candle treasure_chest magic_wand crown spoon basket rocket computer phone piano
violin pen watch coin pearl flag sock scarf chair bed door window snowflake leaf seed rose carrot strawberry banana pizza cupcake car truck bus plane""".split()
THINGS += """necklace sandwich lollipop teapot kettle mug broom carpet blanket pillow backpack suitcase wallet button needle thread ladder bucket shovel hammer saw nail wheel engine tractor bicycle skateboard scooter
submarine spaceship sailboat canoe wagon sled puzzle marble yo-yo puppet toy_soldier snow_globe music_box paintbrush crayon notebook diary letter postcard newspaper ticket compass telescope microscope camera radio
lantern torch matchstick fireplace clock_tower statue fountain bench gate fence mailbox lighthouse windmill well bottle jar bowl plate fork pan oven potato tomato onion mushroom pear peach cherry grape lemon orange
watermelon pineapple pie donut cookie_jar candy sandcastle raincoat glove mitten boot slipper dress necklace bracelet trumpet xylophone harp tambourine whistle horn medal trophy sword shield bow arrow anchor rope net
pencil_case ruler magnet battery light_bulb fan vacuum_cleaner washing_machine fridge table sofa mirror_ball dice card chess_set football basketball helmet pebble acorn pine_cone cactus sunflower tulip daisy bush""".split()
ANIMALS += """hamster guinea_pig ferret badger weasel moose buffalo bison gorilla leopard cheetah jaguar hyena rhino hippo crocodile alligator lizard gecko chameleon toad salamander jellyfish starfish seahorse lobster shrimp clam
eagle hawk falcon pigeon sparrow robin woodpecker peacock flamingo pelican seagull ostrich turkey pheasant moth dragonfly grasshopper cricket beetle caterpillar centipede worm mosquito wasp mammoth koala platypus sloth armadillo
anteater porcupine skunk opossum meerkat lemur yak llama alpaca reindeer antelope wombat dodo phoenix griffin""".split()
FOLK += """wizard elf ninja detective firefighter mailman nurse pilot driver dentist librarian musician violinist dancer acrobat magician gardener carpenter blacksmith miller beggar merchant captain explorer inventor
vampire zombie alien superhero cowboy baby twin student boy_scout police_officer waiter judge poet writer scarecrow genie goblin troll ogre""".split()
NATURE = "cloud star river tree sun moon mountain rainbow wind wave snowflake raindrop leaf flower stone hill sunbeam volcano island forest meadow planet comet shadow echo".split()
NATURE_PLOTS = [
 """[Once upon a time|Far away], there was {a}. It was [lonely|quiet and shy], because nobody ever talked to it. "[I wish I had a friend|If only someone would see me]," said the {t}.
One day, a little {f} looked at it and said, "[How beautiful you are|Hello there]! I see you every day." The {t} was so [surprised|happy] that it began to [shine|sing softly].
From then on, the {f} came [every morning|every evening] and told the {t} about the world: about the {place}, about {food}, and about [the children who played|the other animals]. And the {t} told the {f} about [the night and the stars|things it had seen long ago]. They were [the best of friends|never lonely again].""",
 """There was once {a} that thought it was not [important|useful]. "[The others are so much bigger|What can I do]?" it said. "I am only a {t}."
Then came a very [hot|cold] summer. The animals near the {place} were [tired and thirsty|sad and weak]. A small {f} came to the {t} and cried, "Please help us!"
The {t} [gave all it had|did not wait a moment]. It [brought them cool air and water|gave them shade and hope], and soon all the animals could smile again. "Thank you, dear {t}!" they called. "[Without you we would be lost|We need you]!"
And the {t} [was proud|smiled]. Now it knew that everyone is important.""",
]
THEMES = {"friendship": (1, 10, 0), "a good friend": (1, 10, 0), "a friend": (1, 10, 0), "two friends": (1, 5, 6), "courage": (2, 12), "being brave": (2, 12), "bravery": (2, 12), "patience": (9,), "a garden": (9,), "honesty": (8,), "telling the truth": (8,), "kindness": (4, 11),
          "sharing": (1,), "a birthday": (7,), "a birthday party": (7,), "a surprise": (7,), "a party": (7,), "a race": (6,), "winning": (6,), "hard work": (5, 3), "never giving up": (3,), "learning something new": (3,), "a storm": (5,), "winter": (5, 10), "the night": (12,), "a dark night": (12,), "a strange noise": (12,),
          "magic": (4,), "a wish": (4,), "getting lost": (0,), "an adventure": (0, 4), "a lost child": (0,), "helping others": (2, 4, 11), "love": (4, 10), "family": (8, 12), "a lost hat": (11,), "a rainy day": (10,), "snow": (10,), "the rain": (10,), "loneliness": (10,), "animals": (0, 1, 6), "a secret": (4,), "dreams": (3, 4), "a dream": (3, 4), "children": (8, 7), "spring": (9,), "school": (3,), "food": (1,), "happiness": (1, 4, 10)}
PLACES = """forest garden river sea beach mountain farm castle cave village city lake moon school zoo park desert island market
library museum hill field pond jungle ocean playground kitchen house tower bridge""".split()
MAGIC_ADJ = "little red golden old magic lost shiny blue broken special silver tiny big".split()
ADJS = "little brave kind clever small shy happy lonely lazy curious funny big young hungry silly proud gentle tiny sad".split()
COLORS = "red blue green yellow white brown golden purple pink orange black silver".split()
FOODS = "apples berries bread cake nuts honey carrots soup cookies cheese pears corn bananas strawberries".split()
HELP = "owl turtle rabbit bird squirrel deer frog duck fox mouse bear butterfly".split()

PLOTS = [
 # lost
 """[Once upon a time|One day|Long ago], there was {a} named {N}. {N} lived in a [small|cozy|warm] house near the {place}. One [sunny|bright|quiet] morning, {N} went [for a walk|to look for {food}|out to play]. {He} walked and walked, [until {he} did not know the way home|and soon {he} was lost].
"[Oh no|Oh dear]!" said {N}. "[I am lost|I do not know where I am]." {N} sat down [under a tree|on a stone] and began to cry.
[Just then|Soon], {a2} came by. "Why are you [sad|crying]?" asked the {f}. "I cannot find my home," said {N}. "Do not [worry|cry]," said the {f}. "I know the way. Follow me!"
They walked [past the big tree and over the bridge|along the river|through the tall grass]. At last, {N} saw {his} house. "Thank you!" said {N}. "[You are a good friend|You are very kind]." From that day on, {N} and the {f} were [best friends|good friends].""",
 # sharing
 """[Once upon a time|One day], {a} named {N} found a [big basket|bag|pile] of {food} near the {place}. "[Yum|How lucky I am]!" said {N}. "I will eat them all by myself."
[Then|Soon] {a2} came along. The {f} was [thin and hungry|very hungry]. "[Please|Hello, {N}], may I have [some|a little]?" asked the {f}. "I have not eaten all day."
{N} [looked at the {food}|thought about it]. There was [more than enough|a lot] for two. "[Of course|Yes]," {he} said. "Let us eat together."
They sat down [in the sun|under a tree] and shared the {food}. They talked and laughed until the sun went down. {N} learned that [food tastes better with a friend|sharing makes everyone happy].""",
 # fear
 """[Once there was|Once upon a time, there was] {a} named {N}. {N} was afraid of [the dark|deep water|loud noises|high places]. {His} friends [played outside|laughed and jumped], but {N} always stayed [at home|behind].
One [evening|day], {he} heard a cry. "Help! Help!" It was {a2}. The {f} [was stuck in a hole|had fallen into the pond|could not get out of a bush] near the {place}.
{N} was [very scared|shaking], but {he} thought, "My friend needs me." {He} took a deep breath and [ran as fast as {he} could|went to help]. {He} [found a long stick|took a strong rope] and pulled. [Pull, pull, pull|One, two, three]! At last, the {f} was free.
"[Thank you|You saved me], {N}!" said the {f}. "You are so brave." {N} smiled. {He} was not afraid any more.""",
 # learning
 """There was once {a} named {N} who wanted to learn to [{skill}]. Every day, {he} went to the {place} to practice. [The first time|At first], {he} [fell down|made a mistake]. The [second|next] time, {he} [fell|failed] again.
"[It is too hard|I will never learn it]," said {N}. But {a2} saw {him} and said, "Do not give up. [Try a little every day|I will help you]."
So {N} tried again and again. [Days went by|A week went by]. Then one morning, {he} could [{skill}]! {He} was so happy that {he} [danced|jumped for joy].
"You see," said the {f}, "[if you keep trying, you can do it|hard work makes dreams come true]." And {N} [hugged|thanked] the {f}.""",
 # magic wish
 """[Long ago|Once upon a time], {a} named {N} lived near the {place}. One day, {N} found a [shiny|strange|small] {thing}. When {he} touched it, a [tiny|soft] voice said, "I am a magic {thing}. I will give you one wish."
{N} thought for a long time. {He} could ask for [gold|a big house|a crown]. But then {he} saw {a2} who was [cold and sad|ill and weak|all alone].
"I wish that the {f} will be [happy|well] again," said {N}. The {thing} began to [shine|glow]. At once, the {f} [smiled|laughed and danced].
"[Why did you not wish for something for yourself|You gave your wish to me]?" asked the {f}. "[Because your smile is better than gold|Because a friend is worth more than gold]," said {N}. And they lived happily ever after.""",
 # storm
 """{N} was {a}. [All summer|Every day], {N} worked hard to build a strong house near the {place}. {His} friend, the {f}, only [played|slept in the sun]. "Come and play!" said the {f}. "[Winter is far away|There is a lot of time]."
"[No|Not now]," said {N}. "A storm may come." And {he} went on working.
One night, the wind blew and the rain fell. The {f} had no house and was [wet and cold|very cold]. [It|The poor {f}] knocked at {N}'s door. "Please let me in," said the {f}.
{N} opened the door. "Come in, my friend," {he} said. "[Here is some warm soup|Sit by the fire]." The {f} was [thankful|ashamed]. "Next time I will work first and play later," said the {f}.""",
 # race
 """One day, {a} named {N} and {a2} wanted to know who was faster. "Let us race to the {place}," said the {f}. "[I will win|I am the fastest of all]!"
All the animals came to watch. One, two, three, go! The {f} ran [very fast|like the wind], and soon {N} was far behind. "[This is easy|I have a lot of time]," thought the {f}, and lay down to sleep.
But {N} did not stop. Step by step, {he} went on. [When the {f} woke up, it was too late|When the {f} opened its eyes, {N} was already there]. {N} had won the race!
"[Well done|You are the winner], {N}," said the {f}. "[Now I know that it is not good to be too proud|Slow and steady wins the race]." """,
 # birthday
 """It was {N}'s birthday. {N} was {a}, and {he} woke up very [early|happy]. But nobody said "Happy birthday." {N} went to the {place}, but nobody was there. "[Everyone has forgotten|Nobody remembers my birthday]," thought {N}, and {he} was sad.
In the evening, {he} walked home slowly. The house was dark. {N} opened the door and... "Surprise!" All {his} friends were there! There was a big cake [with candles|with {food}], and the {f} gave {him} a [{color} {thing}|{color} balloon].
"[We did not forget you|How could we forget you]," said the {f}. They [sang and danced|played games and ate cake] all night. It was the best birthday ever.""",
 # honesty
 """{N} was {a} who lived near the {place}. One day, {he} was playing with a ball in the house. Crash! The ball hit the [{color} cup|{color} vase|window], and it broke into many pieces.
{N} was [afraid|worried]. "[Nobody saw it|I could hide it]," {he} thought. But {his} heart felt heavy. So {he} went to {his} mother and said, "I broke it. I am very sorry."
{His} mother [looked at {him}|was quiet for a moment]. Then she smiled. "Thank you for telling the truth," she said. "[A cup can be bought again, but trust cannot|I am proud of you]." {N} helped to clean the floor, and then they [had tea|ate {food}] together. {N} felt [light and happy|much better].""",
 # seed
 """[One spring day|One day], {a} named {N} planted a little seed near the {place}. Every morning, {he} gave it water. "Grow, little seed," {he} said. But nothing happened.
"[It will never grow|You are wasting your time]," said the {f}. But {N} did not give up. {He} waited and waited. [The sun shone and the rain fell|Days and weeks went by].
Then one morning, there was a small green leaf! It grew and grew, until it was a tall [flower|tree] with {color} [blossoms|flowers]. Everyone came to see it.
"How did you do it?" asked the {f}. "[I was patient|I only gave it water and love]," said {N}. "[Good things take time|That is all it needs]." """,
 # new friend
 """{N} was {a}. {He} lived all alone near the {place}, and {he} was [lonely|often sad]. {He} [had nobody to play with|wished for a friend] every day.
One [rainy|windy|snowy] day, there was a knock at the door. It was {a2}. "[I am cold and wet|I have lost my way]," said the {f}. "May I come in?" "Of course!" said {N}. {He} gave the {f} some warm [milk|soup] and some {food}.
They told each other stories and [played games|laughed a lot] until night came. In the morning, the sun was shining. "[Will you stay|Can you stay with me]?" asked {N}. "[Yes|I would love to]," said the {f}. And {N} was never lonely again.""",
 # lost thing
 """One morning, {a} named {N} could not find {his} {color} [hat|scarf]. {He} looked under the bed. {He} looked behind the door. But it was not there.
{N} went to the {place} and asked the {f}, "Have you seen my [hat|scarf]?" "No," said the {f}, "but I will help you look." They looked [up in the trees|in the tall grass] and [down by the water|under every stone].
Then a little bird sang, "Look here! Look here!" In its nest lay something {color}. "[I only wanted to keep my babies warm|My eggs were so cold]," said the bird.
{N} smiled. "[You can keep it|Then it is yours now]," {he} said. "[Your babies need it more than I do|I have another one at home]." The bird was so thankful that it sang {him} a song every morning.""",
 # noise
 """It was a dark night. {N}, {a}, was lying in bed when {he} heard a strange noise. "Hoo, hoo!" {N} [pulled the blanket over {his} head|was scared]. "[Is it a monster|What can it be]?" {he} thought.
The noise came again. {N} [took a lamp|lit a candle] and went outside. {He} looked [behind the tree|near the {place}] and there {he} saw... a tiny owl. "[I am lost|I cannot find my mother]," said the little owl.
{N} was not scared any more. "Come, I will help you," {he} said. Together they walked through the night until they found the mother owl. "Thank you for bringing my baby home," said the mother. {N} went back to bed and slept very well.""",
]
THING_PLOTS = [
 """[One day|Once upon a time], a [little girl|little boy] named {N} found {a} [near the {place}|in an old box]. It was {color} and very [pretty|shiny]. {N} loved it and took it everywhere.
But one day, the {t} was gone! {N} looked [under the bed|in the garden] and [behind the door|in the kitchen]. [It was not there|She could not find it anywhere]. {N} was very sad.
{His} friend {M} came to help. They looked and looked. At last, {M} saw something {color} [in the grass|under a tree]. "Here it is!" said {M}. {N} [jumped for joy|hugged {M}]. "Thank you! Now let us [play with it together|share it]," said {N}. And they did.""",
 """[Once upon a time|Long ago], there was {a} that nobody wanted. It lay [in a dark corner|on a high shelf] in a small shop. "[I am too old|Nobody will ever take me home]," thought the {t}.
One [rainy|snowy|sunny] day, a child named {N} came in. {N} looked at [all the new things|everything in the shop]. Then {he} saw the {t}. "[This is the one|How beautiful]!" said {N}.
{N} took it home and [cleaned it|made it {color} and bright]. Now the {t} had a place [by the window|next to {his} bed], and every night {N} told it about {his} day. The {t} was never lonely again.""",
 """{N} had {a}. It was not like any other. At night, when everyone was asleep, the {t} [could talk|began to glow]. "Hello, {N}," it said. "[Do you want to go on a trip|Shall we have an adventure]?"
"Yes!" said {N}. {He} held on tight, and they flew out of the window, over the {place} and up to the stars. They saw [the moon and the clouds|the whole town, as small as a toy]. They [danced with the stars|waved to the birds].
When the sun came up, {N} was back in bed. Was it a dream? {N} looked at the {t}. It [had a little star on it|smelled of the night wind]. {N} smiled. It was their secret.""",
 """One morning, {N} broke {his} favorite {t}. {He} was so sad that {he} did not want to eat. "[It was the best {t} in the world|I loved it so much]," {he} said.
{His} [grandfather|grandmother] came and looked at it. "We can fix it," said the old [man|one] with a smile. "But you must help me." They worked all [afternoon|day]. They used [glue and paint|wood and string].
In the evening, the {t} was whole again. It was even more beautiful, because now it was {color}. "[Thank you|You can fix anything]!" said {N}. "[We did it together|Two pairs of hands are better than one]," said {his} grand[father|mother] and laughed.""",
]
PLACE_PLOTS = [
 """[Once upon a time|One day], a child named {N} went to the {t}. {N} had never been there before. There were so many things to see! [The wind was soft and the sky was blue|Birds were singing everywhere].
Near a big tree, {N} met {a2}. "[Welcome|Hello]! I live here," said the {f}. "Shall I show you the {t}?" "Yes, please!" said {N}.
The {f} showed {N} [a secret path|a hidden door] and [a little stream|a nest with three eggs]. They ate {food} and [rested in the shade|told stories]. When it was time to go home, {N} said, "This was a [wonderful|beautiful] day." "Come back soon," said the {f}. And {N} came back every week.""",
 """There was once a [quiet|beautiful] {t} where many animals lived. But one day, it [did not rain any more|became dirty], and all the animals were [sad|thirsty]. "What shall we do?" they asked.
A little {f} named {N} had an idea. "[If we all work together, we can save our {t}|Let us help each other]," said {N}. So the big animals [dug|carried stones], the small animals [cleaned|carried leaves], and the birds [brought seeds|looked from above].
They worked for many days. At last, [water came out of the ground|everything was clean and green again]. The animals danced and sang. "[Together we are strong|Even a small {f} can have a big idea]," they said.""",
]
SKILLS = ["swim", "sing", "fly a kite", "dance", "ride a bike", "climb trees", "paint pictures", "jump very high", "play the drum", "read books", "bake bread", "skate"]


def art(w):
    return ("an " if w[0] in "aeiou" else "a ") + w


def hero(r):
    k = r.choice(FOLK) if r.random() < 0.35 else r.choice(ANIMALS)
    if k in HE:
        he = True
    elif k in SHE:
        he = False
    else:
        he = r.random() < 0.5
    human = k in ("boy", "girl", "prince", "princess", "king", "queen")
    names = (BOYS if he else GIRLS) if k in FOLK else PETS
    return k.replace("_", " "), he, r.choice(names), human


def pron(he):
    return dict(he="he", He="He", his="his", His="His", him="him") if he else dict(he="she", He="She", his="her", His="Her", him="her")


ASK = ["Tell me a story about {}.", "Tell me a story about {}", "tell me a story about {}", "Can you tell me a story about {}?", "Please tell me a story about {}.",
       "Tell me a short story about {}.", "I want to hear a story about {}.", "Write a story about {}.", "Write a short story about {}.", "Could you tell me a story about {}?", "A story about {}, please.",
       "Make up a story about {}.", "Do you know a story about {}?", "Tell me something about {}, as a story.", "Please write a short story about {}."]


ANY = ["Tell me a story.", "Tell me a short story.", "Can you tell me a story?", "Please tell me a story.", "I want to hear a story.", "tell me a story", "Tell me another story.", "Write a short story.", "Tell me a bedtime story.", "Another story, please.", "Do you know a story?"]
ZANY = ["讲个故事", "给我讲个故事吧。", "讲一个故事", "请给我讲一个故事。", "我想听故事。", "再讲一个故事。", "讲个故事吧", "说个故事", "给我讲一个睡前故事。"]


def story_en(r):
    """(subject phrase, text)"""
    x = r.random()
    he = r.random() < 0.5
    base = dict(place=r.choice(PLACES), food=r.choice(FOODS), color=r.choice(COLORS), thing=r.choice(THINGS).replace("_", " "), skill="|".join([r.choice(SKILLS)]))
    f = r.choice(HELP)
    if x < 0.10:
        t = r.choice(list(THEMES))
        k, he, name, _ = hero(r)
        while f == k:
            f = r.choice(HELP)
        kind = (r.choice(ADJS) + " " + k) if r.random() < 0.5 else k
        return t, expand(r, PLOTS[r.choice(THEMES[t])], dict(base, a=art(kind), N=name, a2=art(f), f=f, **pron(he))).strip()
    if x < 0.17:
        t = r.choice(NATURE)
        adj = r.choice(["little ", "lonely ", "small ", "old ", "shy ", "", "", "", "bright "])
        subj = r.choice([art(adj + t), art(adj + t), "the " + t])
        return subj, expand(r, r.choice(NATURE_PLOTS), dict(base, a=art(adj + t), t=t, f=f)).strip()
    if x < 0.66:
        k, he, name, _ = hero(r)
        while f == k:
            f = r.choice(HELP)
        adj = r.choice(ADJS) if r.random() < 0.6 else ""
        kind = (adj + " " + k).strip()
        two = r.random() < 0.15
        subj = art(kind) if r.random() < 0.75 else art(k)
        plots = PLOTS
        if two:
            plots = [PLOTS[i] for i in (1, 2, 4, 5, 6, 9, 10)]
            subj = r.choice([art(kind) + " and " + art(f), art(k) + " and " + art(f), "the " + k + " and the " + f])
        elif r.random() < 0.12:
            subj = f"{art(kind)} named {name}"
        elif r.random() < 0.06:
            subj = r.choice([k + "s" if not k.endswith(("fish", "sheep", "s", "man", "woman", "wolf", "mouse", "goose", "fly", "puppy", "y", "deer", "fox", "witch", "ch")) else "a " + k, "the " + k])
        text = expand(r, r.choice(plots), dict(base, a=art(kind), N=name, a2=art(r.choice(["little ", "kind ", "old ", "", ""]) + f), f=f, **pron(he)))
    elif x < 0.88:
        t = r.choice(THINGS).replace("_", " ")
        adj = r.choice(MAGIC_ADJ) + " " if r.random() < 0.5 else ""
        name, m = r.sample(BOYS if he else GIRLS, 2)
        subj = art(adj + t) if r.random() < 0.8 else r.choice(["the " + t, "a child and " + art(t)])
        text = r.choice(THING_PLOTS)
        text = text.replace("[little girl|little boy]", "little boy" if he else "little girl").replace("[It was not there|She could not find it anywhere]", "It was not there")
        text = text.replace("[grandfather|grandmother]", "grandfather").replace("old [man|one]", "old man").replace("grand[father|mother]", "grandfather")
        text = expand(r, text, dict(base, a=art(adj + t), t=t, N=name, M=m, a2=art(f), f=f, **pron(he)))
    else:
        t = r.choice(PLACES)
        i = r.randrange(2)
        name = r.choice(BOYS if he else GIRLS) if i == 0 else r.choice(PETS)
        subj = r.choice(["the " + t, "the " + t, art(t), "a day at the " + t, "a trip to the " + t] if i == 0 else ["the " + t, art(t), "the animals of the " + t])
        text = expand(r, PLACE_PLOTS[i], dict(base, t=t, N=name, a2=art(f), f=f, **pron(he)))
    return subj, text.strip()


ZA = [("小猫", "一只"), ("小狗", "一只"), ("兔子", "一只"), ("小鸟", "一只"), ("熊", "一只"), ("老鼠", "一只"), ("狮子", "一头"), ("狐狸", "一只"), ("青蛙", "一只"), ("鸭子", "一只"), ("小猪", "一头"), ("大象", "一头"), ("猴子", "一只"), ("老虎", "一只"),
      ("乌龟", "一只"), ("蜜蜂", "一只"), ("蝴蝶", "一只"), ("猫头鹰", "一只"), ("狼", "一只"), ("松鼠", "一只"), ("小羊", "一只"), ("蚂蚁", "一只"), ("龙", "一条"), ("鲸鱼", "一头"), ("海豚", "一只"), ("企鹅", "一只"), ("小鱼", "一条"), ("熊猫", "一只"), ("小鹿", "一只"),
      ("公主", "一位"), ("王子", "一位"), ("国王", "一位"), ("农夫", "一个"), ("渔夫", "一个"), ("小男孩", "一个"), ("小女孩", "一个"), ("机器人", "一个"), ("老爷爷", "一位"), ("老奶奶", "一位"), ("医生", "一位"), ("老师", "一位"), ("画家", "一位"), ("雪人", "一个"), ("巨人", "一个"), ("仙女", "一位"), ("女巫", "一个"),
      ("母鸡", "一只"), ("刺猬", "一只"), ("蜗牛", "一只"), ("马", "一匹"), ("牛", "一头"), ("蛇", "一条"), ("恐龙", "一只"), ("海盗", "一个")]
ZA += [("仓鼠", "一只"), ("鳄鱼", "一条"), ("孔雀", "一只"), ("老鹰", "一只"), ("骆驼", "一头"), ("猫咪", "一只"), ("长颈鹿", "一只"), ("斑马", "一匹"), ("河马", "一头"), ("袋鼠", "一只"), ("海龟", "一只"), ("章鱼", "一只"), ("螃蟹", "一只"), ("鲨鱼", "一条"), ("麻雀", "一只"), ("乌鸦", "一只"), ("公鸡", "一只"), ("天鹅", "一只"), ("蝙蝠", "一只"), ("毛毛虫", "一条"), ("萤火虫", "一只"), ("小马", "一匹"), ("小牛", "一头"), ("驴", "一头"), ("宇航员", "一位"), ("科学家", "一位"), ("魔法师", "一位"), ("警察", "一名"), ("厨师", "一位"), ("士兵", "一名"), ("商人", "一个"), ("船长", "一位"), ("护士", "一位"), ("歌手", "一位"), ("孩子", "一个"), ("学生", "一个"), ("精灵", "一个"), ("怪物", "一个"), ("稻草人", "一个"), ("邮递员", "一位"), ("消防员", "一名"), ("外星人", "一个"), ("小狐狸", "一只"), ("小熊", "一只"), ("小兔子", "一只"), ("小老鼠", "一只"), ("小鸭子", "一只"), ("小猴子", "一只"), ("小青蛙", "一只"), ("小蚂蚁", "一只"), ("小蜗牛", "一只"), ("小象", "一头")]
ZTHEMES = {"友谊": (0, 1, 7), "朋友": (0, 1, 7), "好朋友": (0, 1, 7), "勇气": (2,), "勇敢": (2,), "分享": (1,), "生日": (5,), "努力": (3,), "坚持": (3,), "耐心": (6,), "善良": (4,), "愿望": (4,), "魔法": (4,), "迷路": (0,), "冒险": (0, 4), "春天": (6,), "冬天": (7,), "下雨天": (7,), "学习": (3,), "帮助别人": (2, 4), "森林里的动物": (0, 1), "动物": (0, 1, 3), "爱": (4, 7), "梦想": (3,), "快乐": (1, 5), "种子": (6,), "孤独": (7,)}
ZNAT = ["云", "星星", "月亮", "太阳", "小河", "大山", "大树", "风", "雨滴", "雪花", "彩虹", "大海", "花朵", "小草", "影子"]
ZNPLOT = [
 """[很久以前|从前]，有[一个|一位]孤单的朋友，它就是{t}。没有人和{t}说话。{t}想：“[要是有一个朋友就好了|谁愿意做我的朋友呢]？”
有一天，一只{f}看着{t}说：“[你真美|你好]！我每天都看见你。”{t}[高兴极了|很惊讶]，[轻轻地唱起歌来|发出了{color}的光]。
从此，{f}[每天早上|每天晚上]都来看{t}，给它讲{place}的故事，讲[孩子们的游戏|小动物们的事情]。{t}再也不孤单了，它们成了最好的朋友。""",
 """从前，{t}觉得自己没有用。{t}说：“[别人都比我厉害|我能做什么呢]？”
有一年夏天，天气非常热，{place}的小动物们[又累又渴|都很难过]。一只{f}来找{t}，说：“请帮帮我们吧！”
{t}[马上答应了|没有犹豫]，[给大家带来了清凉|让大家有了希望]。小动物们都说：“谢谢你，{t}！”{t}笑了，它明白了：[每个人都很重要|自己也可以帮助别人]。""",
]
ZN = "乐乐 小白 毛毛 豆豆 点点 明明 花花 圆圆 球球 贝贝 小黑 阳阳 朵朵 米米 果果".split()
ZF = "猫头鹰 乌龟 兔子 小鸟 松鼠 小鹿 青蛙 鸭子 狐狸 蝴蝶 老鼠".split()
ZPL = "森林 花园 河边 海边 山上 农场 城堡 村子 湖边 草地 公园 学校 小岛".split()
ZFOOD = "苹果 蜂蜜 面包 坚果 胡萝卜 草莓 蛋糕 玉米 饼干 桃子".split()
ZT = "灯 镜子 石头 盒子 钥匙 戒指 风筝 气球 帽子 铃铛 小船 书 种子 铅笔 雨伞 球 月亮 星星 花 树".split()
ZADJ = ["", "", "勇敢的", "善良的", "聪明的", "胆小的", "快乐的", "孤独的", "可爱的", "懒惰的", "好奇的"]
ZC = "红色 蓝色 绿色 黄色 白色 金色 紫色 粉色".split()
ZASK = ["讲一个关于{}的故事", "给我讲一个关于{}的故事。", "请讲一个关于{}的故事。", "讲个{}的故事", "给我讲个{}的故事吧", "我想听一个关于{}的故事。", "写一个关于{}的故事。", "能给我讲一个{}的故事吗？", "请给我讲一个关于{}的短故事。", "说一个关于{}的故事吧。", "编一个关于{}的故事"]
ZPLOTS = [
 """[从前|很久以前]，有{a}，名字叫{N}。{N}住在{place}。[有一天|一天早上]，{N}出去[散步|玩|找{food}]，走着走着，迷路了。“[怎么办|糟糕]？我找不到回家的路了。”{N}[坐在树下哭了起来|难过地说]。
这时，一只{f}走了过来，问：“你为什么[哭|难过]呀？”{N}说：“我[迷路了|找不到家了]。”{f}说：“别[担心|哭]，我带你回家。”
他们一起走过[小桥|草地]，穿过[树林|花丛]，终于到家了。{N}高兴地说：“谢谢你，{f}！”从此，他们成了[最好的|很好的]朋友。""",
 """[从前|有一天]，有{a}叫{N}，在{place}找到了[一大篮|一袋]{food}。{N}心想：“[太好了|真幸运]，我要一个人[全部吃掉|慢慢吃]。”
[这时|过了一会儿]，一只{f}来了。{f}说：“我[一天没吃东西了|好饿啊]，能给我一点吗？”{N}想了想，说：“好吧，我们一起吃。”
他们坐在[大树下|阳光里]，一边吃{food}，一边[聊天|讲故事]，非常开心。{N}明白了：[分享让大家都快乐|和朋友一起吃，东西更好吃]。""",
 """从前，有{a}，名字叫{N}。{N}很怕[黑|水|打雷]，所以总是[待在家里|不敢出门]。
[一天晚上|有一天]，{N}听到有人喊：“救命！救命！”原来是一只{f}[掉进了洞里|掉进了水里]。{N}虽然[很害怕|全身发抖]，但是心想：“朋友需要我！”
{N}[找来一根绳子|拿来一根长棍子]，用力地拉，终于把{f}救了上来。{f}说：“谢谢你，你真勇敢！”从那以后，{N}[再也不害怕了|变得很勇敢]。""",
 """从前，有{a}叫{N}，很想学会[唱歌|游泳|跳舞|画画]。每天，{N}都到{place}去练习。一开始，{N}总是[做不好|失败]。“太难了，我学不会。”{N}说。
一只{f}听见了，对{N}说：“别放弃，[每天练习一点点|再试一次]，你一定会成功的。”
于是，{N}每天都[认真练习|不停地练习]。过了[一个月|很久]，{N}终于学会了！大家都为{N}鼓掌。{N}明白了：[只要努力，就会成功|坚持就是胜利]。""",
 """[很久以前|从前]，{place}住着{a}，名字叫{N}。有一天，{N}找到了一个神奇的{t}。{t}说：“我可以[满足你一个愿望|实现你的一个愿望]。”
{N}想要很多[金子|好东西]，可是这时{N}看见一只{f}[生病了|又冷又饿]，非常可怜。{N}说：“我希望{f}[快点好起来|幸福快乐]。”
{t}发出了{color}的光，{f}马上[笑了|好了起来]。{f}说：“谢谢你，你真善良！”从此，他们一起快乐地生活。""",
 """今天是{N}的生日。{N}是{a}。可是，没有人对{N}说“生日快乐”。{N}走到{place}，那里一个人也没有。“大家都忘了我的生日。”{N}难过地想。
晚上，{N}慢慢地走回家，打开门。“生日快乐！”原来朋友们都在家里等着呢！桌子上有一个大蛋糕，{f}还送给{N}一个{color}的[气球|帽子]。
大家一起[唱歌跳舞|吃蛋糕]，这是{N}最快乐的一个生日。""",
 """从前，有{a}叫{N}，在{place}种下了一颗种子。每天早上，{N}都给它浇水。可是过了很多天，什么也没有[长出来|发生]。
{f}说：“[别等了，它不会长的|你在浪费时间]。”{N}说：“[我要再等一等|我相信它会长大]。”
[一天早上|终于有一天]，地里长出了一片小小的绿叶！它越长越高，最后开出了{color}的花。大家都来看，都说真漂亮。{N}笑着说：“[好东西需要耐心|只要有耐心，就会有收获]。”""",
 """{N}是{a}，一个人住在{place}，觉得很孤单。[每天|总是]没有人和{N}一起玩。
一个[下雨|下雪|刮风]的晚上，有人来敲门。原来是一只{f}。{f}说：“我[又冷又饿|迷路了]，可以进来吗？”{N}说：“当然可以，快请进！”
{N}给{f}[一碗热汤|一杯热牛奶]和一些{food}。他们[一起讲故事|一起玩游戏]，笑个不停。从那天起，{N}再也不孤单了。""",
]
ZTP = [
 """有一天，一个叫{N}的孩子在{place}找到了{t1}。它是{color}的，非常漂亮。{N}很喜欢它，[每天都带着它|走到哪里都带着它]。
可是有一天，{t}不见了！{N}到处找，[床下没有，门后也没有|家里没有，院子里也没有]。{N}难过极了。
好朋友{M}来帮忙。他们找啊找，终于在[大树下|草丛里]找到了。{N}高兴地说：“谢谢你！我们一起[玩|分享]吧！”两个孩子[开心地笑了|玩了一整天]。""",
 """从前，有{t1}，放在商店的角落里，没有人要它。{t}想：“[我太旧了，没有人喜欢我|谁会带我回家呢]？”
一个[下雨|晴朗]的日子，一个叫{N}的孩子走进商店，看见了它。{N}说：“[真漂亮|我就要这个]！”
{N}把它带回家，[擦得干干净净|放在窗边]。每天晚上，{N}都对它说话。{t}再也不孤单了，它觉得自己是世界上最幸福的{t}。""",
]
ZM = {"灯": "一盏", "镜子": "一面", "石头": "一块", "盒子": "一个", "钥匙": "一把", "戒指": "一枚", "风筝": "一只", "气球": "一个", "帽子": "一顶", "铃铛": "一个", "小船": "一条", "书": "一本", "种子": "一颗", "铅笔": "一支", "雨伞": "一把", "球": "一个", "星星": "一颗", "花": "一朵", "树": "一棵"}


def story_zh(r):
    base = dict(place=r.choice(ZPL), food=r.choice(ZFOOD), color=r.choice(ZC), N=r.choice(ZN), f=r.choice(ZF))
    x = r.random()
    if x < 0.1:
        t = r.choice(list(ZTHEMES))
        k, m = r.choice(ZA)
        while base["f"] == k:
            base["f"] = r.choice(ZF)
        return t, expand(r, ZPLOTS[r.choice(ZTHEMES[t])], dict(base, a=m + r.choice(ZADJ) + k, t=r.choice(ZT[:13])))
    if x < 0.18:
        t = r.choice(ZNAT)
        return t, expand(r, r.choice(ZNPLOT), dict(base, t=t))
    if x < 0.8:
        k, m = r.choice(ZA)
        adj = r.choice(ZADJ)
        while base["f"] == k:
            base["f"] = r.choice(ZF)
        text = expand(r, r.choice(ZPLOTS), dict(base, a=m + adj + k, t=r.choice(ZT[:13])))
        subj = r.choice([adj + k, k, m + adj + k])
        if r.random() < 0.1:
            subj = k + "和" + base["f"]
            text = expand(r, r.choice(ZPLOTS[:4] + ZPLOTS[6:]), dict(base, a=m + adj + k, t=r.choice(ZT[:13])))
    else:
        t = r.choice([t for t in ZT if t in ZM])
        text = expand(r, r.choice(ZTP), dict(base, t=t, t1=ZM[t] + t, M=r.choice([n for n in ZN if n != base["N"]])))
        subj = r.choice([t, ZM[t] + t, "神奇的" + t])
    return subj, text


# ---- questions about a tale -------------------------------------------------------------------
def tale_en(r):
    he = r.random() < 0.5
    P = pron(he)
    n, m = r.sample(BOYS if he else GIRLS, 2)
    k = r.choice(ANIMALS)
    facts = dict(N=n, M=m, c=r.choice(COLORS), t=r.choice(THINGS).replace("_", " "), p=r.choice(PLACES), food=r.choice(FOODS), k=k, pet=r.choice(PETS), num=r.choice("two three four five six seven".split()),
                 rel=r.choice("mother father uncle aunt grandmother grandfather teacher sister brother".split()), job=r.choice("doctor teacher baker farmer painter sailor cook".split()),
                 feel=r.choice("happy sad tired angry hungry scared proud".split()), day=r.choice("Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()), **P)
    bits = [
        ("{N} had a {c} {t}.", [("What color was the {t}?", "It was {c}."), ("What did {N} have?", "{N} had a {c} {t}."), ("Who had a {c} {t}?", "{N} had a {c} {t}.")]),
        ("{N} lived with a {k} named {pet}.", [("What was the {k}'s name?", "The {k}'s name was {pet}."), ("Who was {pet}?", "{pet} was a {k}."), ("What was the name of the {k}?", "The {k}'s name was {pet}.")]),
        ("On {day}, {he} went to the {p}.", [("Where did {N} go?", "{N} went to the {p}."), ("When did {N} go to the {p}?", "{N} went there on {day}."), ("Where did {N} go on {day}?", "{N} went to the {p}.")]),
        ("There {he} met {his} friend {M}.", [("Who did {N} meet?", "{N} met {M}."), ("Who is {N}'s friend?", "{N}'s friend is {M}.")]),
        ("They ate {food} together.", [("What did they eat?", "They ate {food}.")]),
        ("{M} gave {N} {num} {food}.", [("How many {food} did {M} give to {N}?", "{M} gave {N} {num} {food}."), ("Who gave {N} the {food}?", "{M} gave {N} the {food}."), ("What did {M} give to {N}?", "{M} gave {N} {num} {food}.")]),
        ("{N} was very {feel}.", [("How did {N} feel?", "{N} was very {feel}."), ("Was {N} {feel}?", "Yes, {N} was very {feel}.")]),
        ("{N} lost {his} {t} near the {p}.", [("What did {N} lose?", "{N} lost {his} {t}."), ("Where did {N} lose {his} {t}?", "{N} lost it near the {p}.")]),
        ("{His} {rel} was a {job}.", [("What was {N}'s {rel}?", "{N}'s {rel} was a {job}."), ("Who was a {job}?", "{N}'s {rel} was a {job}.")]),
        ("In the evening, {his} {rel} told {him} a story about a {k}.", [("What was the story about?", "The story was about a {k}."), ("Who told {N} a story?", "{N}'s {rel} told {him} a story."), ("When did {N} hear a story?", "In the evening.")]),
        ("{N} found a {c} {t} under a tree.", [("What did {N} find?", "{N} found a {c} {t}."), ("Where was the {t}?", "It was under a tree."), ("Where did {N} find the {t}?", "{N} found it under a tree.")]),
    ]
    order = sorted(r.sample(range(len(bits)), r.randint(2, 5)))
    # at most one use of the slots that would contradict
    used, chosen = set(), []
    for i in order:
        need = set(re.findall(r"\{(\w+)\}", bits[i][0])) & {"t", "k", "food", "rel", "p"}
        if need & used:
            continue
        used |= need
        chosen.append(bits[i])
    text = expand(r, r.choice(["", "", "This is a story about {N}. ", "{N} was a little " + ("boy" if he else "girl") + ". "]) + " ".join(b[0] for b in chosen), facts)
    b = r.choice(chosen)
    q, a_ = r.choice(b[1])
    text, q, a_ = (re.sub(r"\ba ([aeiou])", r"an \1", s) for s in (text, expand(r, q, facts), expand(r, a_, facts)))
    lay = r.random()
    if lay < 0.4:
        ask = f"{text}\n\n{q}"
    elif lay < 0.6:
        ask = f"Read this story and answer the question.\n{text}\nQuestion: {q}"
    elif lay < 0.8:
        ask = f"{text} {q}"
    else:
        ask = f"Story: {text}\nQuestion: {q}"
    return ask, a_


def tale_zh(r):
    facts = dict(N=r.choice(ZN), M=r.choice("小明 小红 小丽 小刚 小华 小美".split()), c=r.choice(ZC), t=r.choice("帽子 书 球 铅笔 雨伞 风筝 盒子".split()), p=r.choice("公园 学校 森林 海边 动物园 超市 图书馆".split()), food=r.choice(ZFOOD), k=r.choice("小猫 小狗 兔子 小鸟 乌龟".split()), n=r.choice("两 三 四 五 六".split()), rel=r.choice("妈妈 爸爸 奶奶 爷爷 老师".split()), feel=r.choice("高兴 难过 累 饿 害怕".split()), day=r.choice("星期一 星期二 星期三 星期五 星期天".split()))
    bits = [
        ("{M}有一个{c}的{t}。", [("{M}有什么？", "{M}有一个{c}的{t}。"), ("{t}是什么颜色的？", "{t}是{c}的。")]),
        ("{M}养了一只{k}，名字叫{N}。", [("{k}叫什么名字？", "{k}叫{N}。"), ("{M}养了什么？", "{M}养了一只{k}。")]),
        ("{day}，{M}去了{p}。", [("{M}去了哪里？", "{M}去了{p}。"), ("{M}什么时候去的{p}？", "{M}是{day}去的。")]),
        ("{rel}给{M}买了{n}个{food}。", [("{rel}给{M}买了什么？", "{rel}给{M}买了{n}个{food}。"), ("谁给{M}买了{food}？", "{rel}给{M}买了{food}。")]),
        ("{M}很{feel}。", [("{M}觉得怎么样？", "{M}很{feel}。")]),
        ("晚上，{rel}给{M}讲了一个关于{k}的故事。", [("谁给{M}讲了故事？", "{rel}给{M}讲了故事。"), ("故事是关于什么的？", "故事是关于{k}的。")]),
    ]
    order = sorted(r.sample(range(len(bits)), r.randint(2, 4)))
    used, chosen = set(), []
    for i in order:
        need = set(re.findall(r"\{(\w+)\}", bits[i][0])) & {"t", "k", "food", "rel", "p"}
        if need & used:
            continue
        used |= need
        chosen.append(bits[i])
    text = "".join(b[0] for b in chosen).format(**facts)
    q, a_ = r.choice(r.choice(chosen)[1])
    q, a_ = q.format(**facts), a_.format(**facts)
    return r.choice([f"{text}\n{q}", f"{text}{q}", f"请读下面的故事，回答问题。\n{text}\n问题：{q}"]), a_
