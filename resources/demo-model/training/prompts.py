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

# Forty prompts written before the final weights were tried; the card counts the good answers, judged by hand.
ACCEPTANCE = """Hi, how are you doing today?;What's your name?;Can you tell me a joke?;I am so tired after work.;What do you like to do for fun?;Do you have any friends?;What is your favorite animal?;
Thank you for your help!;Is it going to rain tomorrow?;I'm bored. What should I do?;你好，你今天好吗？;你最喜欢的食物是什么？;我今天不太开心。;
Tell me a story about a dog.;Tell me a story about a princess and a frog.;Tell me a story about a lost teddy bear.;Tell me a story about a submarine.;Tell me a story about a brave firefighter.;Please tell me a story about the moon.;
给我讲一个关于小猫的故事。;讲一个关于勇敢的狮子的故事;
What is 14 + 9?;What is 36 plus 57?;What is 82 minus 47?;5 + 68 = ?;How much is 93 - 8?;25加34等于多少？;70减13等于几？;What is forty plus twenty-five?;If I have 12 apples and eat 5, how many are left?;
Translate to Chinese: I like apples.;Translate to Chinese: She is reading a book in the library.;How do you say "Good morning" in Chinese?;Translate to Chinese: My father works in a hospital.;Translate to Chinese: Where is my red umbrella?;
Translate to English: 我想喝水。;Translate to English: 他昨天去了公园。;翻译成英文：这本书很有趣。;"我的朋友住在上海。" in English, please.;Translate to English: 我们明天要去动物园。""".replace("\n", "").split(";")
