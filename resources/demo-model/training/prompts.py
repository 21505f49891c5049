"""Fixed prompts of evaluate.py (not taken from the training data; some forms occur in it)."""
STORY_SUBJECTS = """a cat;a brave mouse;a dragon;a lost puppy;the moon;a little girl and her dog;a magic lamp;a pirate;two friends;a snowman;the sea;a red balloon;
a lonely robot;a birthday cake;a rabbit who could not sleep;a wise owl;a farmer and his donkey;a king;a frog in a pond;a boy named Tom;a garden;a broken toy;
a bear and a bee;a princess;a train;an old tree;a hungry fox;a school trip;a whale;a kind witch;a lost hat;the rain;a clever monkey;a little boat;a secret door;
a star that fell;a sick bird;a race;a baker;a family of ducks""".replace("\n", "").split(";")

TURN_PROMPTS = """Hello!;How are you?;What is your name?;Tell me a joke.;What can you do?;I am sad.;Do you like music?;What is 23 + 48?;What is 71 minus 25?;Thank you!;Goodbye;
What is the weather like?;Translate to Chinese: I have a dog.;Translate to English: 我喜欢喝茶。;Name three animals.;What is a table?;What color is the sky?;Are you a robot?;
What did you do today?;Who made you?;Do you sleep?;I like apples.;What is your favorite food?;Tell me about whales.;Good morning!;你好;你叫什么名字？;今天天气怎么样？;讲个笑话;12加30等于几？;
45-17=？;谢谢你;再见;你喜欢什么颜色？;我很累;把“她在看书”翻译成英文;把“The cat is black.”翻译成中文;说出三种动物;给我讲一个关于小猫的故事;你会说英语吗？""".replace("\n", "").split(";")

DIALOGUES = [
    ("en", ["Hello! How are you?", "What can you do?"]),
    ("en", ["Who are you?", "Do you sleep?"]),
    ("en", ["Tell me a story about a brave mouse."]),
    ("en", ["Tell me a story about a red kite."]),
    ("en", ["What is 38 plus 27?", "And what is 81 - 36?"]),
    ("en", ["Translate to Chinese: My sister is reading a book.", "Translate to Chinese: Where is the station?"]),
    ("en", ["Ben had a green boat. On Monday, he went to the lake. There he met his friend Sam. What color was the boat?"]),
    ("en", ["I am sad today.", "Tell me a joke, please."]),
    ("en", ["What is a bicycle?", "What can I do with it?"]),
    ("en", ["Name four animals.", "Thank you! Goodbye."]),
    ("zh", ["你好！你是谁？", "你会做什么？"]),
    ("zh", ["给我讲一个关于兔子的故事。"]),
    ("zh", ["讲一个关于大海的故事"]),
    ("zh", ["36加47等于多少？", "90减28呢？"]),
    ("zh", ["把“我明天去学校”翻译成英文", "翻译成中文：The apple is very sweet."]),
    ("zh", ["今天天气怎么样？", "我有点累。"]),
    ("zh", ["小明养了一只小狗，名字叫豆豆。星期天，小明去了公园。小狗叫什么名字？"]),
    ("zh", ["讲个笑话吧", "哈哈，真好笑"]),
    ("zh", ["你最喜欢什么动物？", "我喜欢猫。"]),
    ("zh", ["说出三种水果。", "谢谢，再见！"]),
]

# Forty prompts written while the second run was in its first minutes, by an author who had not read the grammars; the card counts the
# good answers, judged by hand.
ACCEPTANCE = """Hey there!;How was your day?;What should I call you?;I just got a new puppy!;What's your favorite color?;Do you ever get bored?;I can't sleep.;You are very funny.;
What kind of music do you like?;See you later!;早上好！;你会唱歌吗？;我今天考试得了一百分！;
Tell me a story about a turtle.;Tell me a story about a boy and his kite.;Tell me a story about a grumpy old wizard.;Tell me a story about an umbrella.;Tell me a story about two sisters.;Can you tell me a story about a camel?;
给我讲一个关于大象的故事。;讲一个关于小鸟的故事吧。;
What is 27 + 35?;What is 64 - 19?;How much is 8 plus 46?;55 - 27 = ?;What do you get if you add 33 and 41?;What is 90 minus 4?;18加67等于几？;83减56等于多少？;Sam has 15 marbles and finds 9 more. How many marbles does he have now?;
Translate to Chinese: I am a student.;Translate to Chinese: The weather is good today.;Translate to Chinese: He has two cats.;How do you say "Thank you" in Chinese?;Translate to Chinese: We eat rice every day.;
Translate to English: 我喜欢这本书。;Translate to English: 她是一个医生。;把“你叫什么名字？”翻译成英文;Translate to English: 他们在公园里跑步。;What does "我很高兴" mean in English?""".replace("\n", "").split(";")
