"""English-Chinese word lists for the grammars.  Written for this project; same licence as the project."""


def table(text):
    return [tuple(f.strip() for f in item.split("|")) for item in text.replace("\n", ";").split(";") if item.strip()]


# noun | Chinese | measure word [| irregular plural, '-' = uncountable]
FOOD = table("""apple|苹果|个; banana|香蕉|根; orange|橙子|个; egg|鸡蛋|个; cake|蛋糕|块; cookie|饼干|块; tomato|番茄|个|tomatoes
potato|土豆|个|potatoes; carrot|胡萝卜|根; pear|梨|个; peach|桃子|个|peaches; watermelon|西瓜|个; lemon|柠檬|个; hamburger|汉堡|个
sandwich|三明治|个|sandwiches; dumpling|饺子|个; strawberry|草莓|颗|strawberries; grape|葡萄|颗; mango|芒果|个|mangoes; pizza|比萨饼|块
bread|面包|块|-; rice|米饭|碗|-; fish|鱼|条|-; meat|肉|块|-; chicken|鸡肉|块|-; beef|牛肉|块|-; cheese|奶酪|块|-; chocolate|巧克力|块|-
fruit|水果|个|-; noodles|面条|碗|-; soup|汤|碗|-; ice cream|冰淇淋|个|-; breakfast|早饭|顿|-; lunch|午饭|顿|-; dinner|晚饭|顿|-""")
DRINK = table("""water|水|杯|-; tea|茶|杯|-; coffee|咖啡|杯|-; milk|牛奶|杯|-; juice|果汁|杯|-; beer|啤酒|杯|-; wine|葡萄酒|杯|-; green tea|绿茶|杯|-
orange juice|橙汁|杯|-; hot water|热水|杯|-""")
ANIMAL = table("""cat|猫|只; dog|狗|只; bird|鸟|只; horse|马|匹; cow|牛|头; pig|猪|头; sheep|羊|只|sheep; rabbit|兔子|只; tiger|老虎|只; lion|狮子|只
elephant|大象|头; monkey|猴子|只; panda|熊猫|只; duck|鸭子|只; chicken|鸡|只; mouse|老鼠|只|mice; bear|熊|只; fox|狐狸|只|foxes; wolf|狼|只|wolves
snake|蛇|条; fish|鱼|条|fish; frog|青蛙|只; turtle|乌龟|只; butterfly|蝴蝶|只|butterflies; bee|蜜蜂|只; goat|山羊|只; whale|鲸鱼|头; dragon|龙|条
squirrel|松鼠|只; owl|猫头鹰|只; penguin|企鹅|只; dolphin|海豚|只; ant|蚂蚁|只; spider|蜘蛛|只; deer|鹿|只|deer; camel|骆驼|头""")
THING = table("""book|书|本; pen|笔|支; pencil|铅笔|支; table|桌子|张; chair|椅子|把; bed|床|张; door|门|扇; window|窗户|扇; car|汽车|辆; bicycle|自行车|辆
bus|公共汽车|辆|buses; train|火车|列; plane|飞机|架; boat|船|条; ship|船|艘; phone|手机|部; computer|电脑|台; television|电视|台; camera|相机|台; clock|钟|个
watch|手表|块|watches; cup|杯子|个; glass|玻璃杯|个|glasses; bowl|碗|个; plate|盘子|个; knife|刀|把|knives; spoon|勺子|把; bag|包|个; box|盒子|个|boxes
bottle|瓶子|个; key|钥匙|把; umbrella|雨伞|把; hat|帽子|顶; coat|大衣|件; shirt|衬衫|件; dress|裙子|条|dresses; sweater|毛衣|件; lamp|灯|盏; picture|图片|张
photo|照片|张; map|地图|张; letter|信|封; newspaper|报纸|份; magazine|杂志|本; dictionary|词典|本|dictionaries; ticket|票|张; gift|礼物|份; ball|球|个; toy|玩具|个
doll|娃娃|个; kite|风筝|只; guitar|吉他|把; piano|钢琴|架; house|房子|座; tree|树|棵; flower|花|朵; star|星星|颗; stone|石头|块; mirror|镜子|面; candle|蜡烛|支
basket|篮子|个; pillow|枕头|个; towel|毛巾|条; backpack|背包|个; balloon|气球|个; robot|机器人|个; story|故事|个|stories; song|歌|首; film|电影|部; question|问题|个
shoe|鞋|双; sock|袜子|双; name|名字|个; idea|主意|个; dream|梦|个; room|房间|个; garden|花园|座; money|钱|笔|-; music|音乐|首|-; paper|纸|张|-""")
PEOPLE = table("""teacher|老师|位; student|学生|个; doctor|医生|位; nurse|护士|位; driver|司机|位; farmer|农民|个; worker|工人|个; cook|厨师|位; singer|歌手|位; writer|作家|位
policeman|警察|名|policemen; soldier|士兵|名; scientist|科学家|位; engineer|工程师|位; lawyer|律师|位; artist|艺术家|位; dancer|舞蹈家|位; painter|画家|位; king|国王|位; queen|女王|位
friend|朋友|个; boy|男孩|个; girl|女孩|个; child|孩子|个|children; baby|婴儿|个|babies; man|男人|个|men; woman|女人|个|women; neighbor|邻居|个; classmate|同学|个
boss|老板|位|bosses; manager|经理|位; player|球员|名; pilot|飞行员|名; dentist|牙医|位""")
FAMILY = table("""mother|妈妈; father|爸爸; mom|妈妈; dad|爸爸; brother|哥哥; sister|姐姐; younger brother|弟弟; younger sister|妹妹; grandmother|奶奶; grandfather|爷爷
son|儿子; daughter|女儿; wife|妻子; husband|丈夫; uncle|叔叔; aunt|阿姨; friend|朋友; teacher|老师; best friend|最好的朋友""")
PLACE = table("""school|学校|; the park|公园; the library|图书馆; the hospital|医院; the bank|银行; the station|车站; the airport|机场; the supermarket|超市; the market|市场; the zoo|动物园
the museum|博物馆; the beach|海边; the restaurant|餐馆; the shop|商店; the office|办公室; work|上班; the cinema|电影院; the post office|邮局; the hotel|酒店; the farm|农场
the forest|森林; the village|村子; the city|城市; church|教堂; the bookstore|书店; the swimming pool|游泳池; the gym|健身房; Beijing|北京; Shanghai|上海; China|中国
London|伦敦; Paris|巴黎; Japan|日本; America|美国""")
COUNTRY = table("""China|中国; America|美国; England|英国; France|法国; Germany|德国; Japan|日本; Canada|加拿大; Italy|意大利; Spain|西班牙; Russia|俄罗斯; India|印度; Australia|澳大利亚
Korea|韩国; Brazil|巴西; Egypt|埃及; Mexico|墨西哥; Thailand|泰国""")
CITY = table("""Beijing|北京; Shanghai|上海; London|伦敦; Paris|巴黎; New York|纽约; Tokyo|东京; Berlin|柏林; Boston|波士顿; Hong Kong|香港; Rome|罗马; Madrid|马德里; Sydney|悉尼""")
NAMES = table("""Tom|汤姆; Mary|玛丽; John|约翰; Lucy|露西; Jack|杰克; Anna|安娜; Peter|彼得; Lily|莉莉; Ben|本; Emma|艾玛; Li Ming|李明; Xiao Hong|小红; Wang Fang|王芳; David|大卫; Alice|爱丽丝""")
# adjective | Chinese | comparative
ADJ_THING = table("""big|大|bigger; small|小|smaller; new|新|newer; old|旧|older; good|好|better; beautiful|漂亮|more beautiful; expensive|贵|more expensive; cheap|便宜|cheaper
heavy|重|heavier; light|轻|lighter; long|长|longer; short|短|shorter; clean|干净|cleaner; dirty|脏|dirtier; interesting|有趣|more interesting; useful|有用|more useful
strong|结实|stronger; pretty|好看|prettier; bad|坏|worse""")
ADJ_FOOD = table("""delicious|好吃; sweet|甜; fresh|新鲜; cold|凉; hot|热; cheap|便宜; expensive|贵; good|好; sour|酸""")
ADJ_PERSON = table("""happy|高兴|happier; sad|难过|sadder; tired|累|more tired; busy|忙|busier; hungry|饿|hungrier; thirsty|渴|thirstier; angry|生气|angrier; tall|高|taller; short|矮|shorter
young|年轻|younger; smart|聪明|smarter; clever|聪明|cleverer; kind|善良|kinder; strong|强壮|stronger; rich|有钱|richer; poor|穷|poorer; beautiful|漂亮|more beautiful; friendly|友好|friendlier
nervous|紧张|more nervous; brave|勇敢|braver; lazy|懒|lazier; quiet|安静|quieter; healthy|健康|healthier; lonely|孤独|lonelier; excited|激动|more excited; funny|有趣|funnier; famous|有名|more famous
polite|有礼貌|more polite; fat|胖|fatter; thin|瘦|thinner; honest|诚实|more honest; worried|担心|more worried; strict|严格|stricter""")
ADJ_ANIMAL = table("""big|大|bigger; small|小|smaller; cute|可爱|cuter; fast|快|faster; slow|慢|slower; strong|强壮|stronger; hungry|饿|hungrier; beautiful|漂亮|more beautiful; clever|聪明|cleverer; fat|胖|fatter; dangerous|危险|more dangerous""")
ADJ_PLACE = table("""big|大; small|小; beautiful|美丽; quiet|安静; clean|干净; far|远; near|近; new|新; old|古老; noisy|吵""")
COLOR = table("""red|红; blue|蓝; green|绿; yellow|黄; white|白; black|黑; brown|棕; pink|粉; purple|紫; orange|橙; gray|灰""")
# verb | 3rd person | past | -ing | Chinese   (no object)
VI = table("""sleep|sleeps|slept|sleeping|睡觉; run|runs|ran|running|跑步; swim|swims|swam|swimming|游泳; sing|sings|sang|singing|唱歌; dance|dances|danced|dancing|跳舞
cook|cooks|cooked|cooking|做饭; work|works|worked|working|工作; study|studies|studied|studying|学习; eat|eats|ate|eating|吃饭; walk|walks|walked|walking|走路; talk|talks|talked|talking|说话
read|reads|read|reading|看书; write|writes|wrote|writing|写字; draw|draws|drew|drawing|画画; rest|rests|rested|resting|休息; cry|cries|cried|crying|哭; laugh|laughs|laughed|laughing|笑
play football|plays football|played football|playing football|踢足球; play basketball|plays basketball|played basketball|playing basketball|打篮球; watch TV|watches TV|watched TV|watching TV|看电视
listen to music|listens to music|listened to music|listening to music|听音乐; play the piano|plays the piano|played the piano|playing the piano|弹钢琴; take a shower|takes a shower|took a shower|taking a shower|洗澡
do homework|does homework|did homework|doing homework|做作业; learn Chinese|learns Chinese|learned Chinese|learning Chinese|学习中文; learn English|learns English|learned English|learning English|学习英语
drive|drives|drove|driving|开车; play games|plays games|played games|playing games|玩游戏; take photos|takes photos|took photos|taking photos|拍照; clean the room|cleans the room|cleaned the room|cleaning the room|打扫房间
wash clothes|washes clothes|washed clothes|washing clothes|洗衣服; go shopping|goes shopping|went shopping|going shopping|买东西; make dinner|makes dinner|made dinner|making dinner|做晚饭; play chess|plays chess|played chess|playing chess|下棋
climb the mountain|climbs the mountain|climbed the mountain|climbing the mountain|爬山; ride a bike|rides a bike|rode a bike|riding a bike|骑自行车; speak Chinese|speaks Chinese|spoke Chinese|speaking Chinese|说中文
speak English|speaks English|spoke English|speaking English|说英语; travel|travels|traveled|traveling|旅行; exercise|exercises|exercised|exercising|锻炼身体""")
# more bare intents: English | Chinese
DO = table("""go home|回家; go to school|去学校; go to bed|睡觉; sleep|睡觉; eat|吃饭; rest|休息; drink water|喝水; see a doctor|看医生; buy a car|买一辆汽车; learn Chinese|学中文; learn English|学英语
watch a film|看电影; read a book|看书; call my mother|给我妈妈打电话; help you|帮助你; go with you|和你一起去; be a doctor|当医生; be a teacher|当老师; play outside|在外面玩; travel to China|去中国旅行
wait here|在这里等; come with me|跟我来; stay at home|待在家里; take a taxi|坐出租车; open the window|打开窗户; close the door|关门; turn on the light|开灯; turn off the light|关灯; wash my hands|洗手; try again|再试一次
drink coffee|喝咖啡; drink tea|喝茶; eat an apple|吃苹果; buy some bread|买一些面包; get up early|早起; make friends|交朋友; tell you a story|给你讲一个故事; listen to music|听音乐; know your name|知道你的名字; ask a question|问一个问题""")
# transitive: verb|3rd|past|ing|Chinese|objects
VT = table("""eat|eats|ate|eating|吃|FOOD; buy|buys|bought|buying|买|FOOD; drink|drinks|drank|drinking|喝|DRINK; buy|buys|bought|buying|买|THING; see|sees|saw|seeing|看见|ANIMAL; see|sees|saw|seeing|看见|THING
want|wants|wanted|wanting|想要|THING; want|wants|wanted|wanting|想要|DRINK; want|wants|wanted|wanting|想要|FOOD; need|needs|needed|needing|需要|THING; find|finds|found|finding|找到|THING; lose|loses|lost|losing|丢|THING
draw|draws|drew|drawing|画|ANIMAL; sell|sells|sold|selling|卖|THING; wash|washes|washed|washing|洗|FOOD; feed|feeds|fed|feeding|喂|ANIMAL; see|sees|saw|seeing|看见|PEOPLE; help|helps|helped|helping|帮助|PEOPLE""")
TIME_PAST = table("yesterday|昨天; last night|昨天晚上; last week|上个星期; this morning|今天早上; last year|去年; last month|上个月; two days ago|两天前")
TIME_FUT = table("tomorrow|明天; next week|下个星期; tonight|今天晚上; next year|明年; next month|下个月; this afternoon|今天下午; on Sunday|星期天; on Saturday|星期六; soon|很快")
TIME_HAB = table("every day|每天; every morning|每天早上; every evening|每天晚上; every week|每个星期; on Sundays|星期天; often|经常; always|总是; sometimes|有时候; usually|通常")
DAYS = table("Monday|星期一; Tuesday|星期二; Wednesday|星期三; Thursday|星期四; Friday|星期五; Saturday|星期六; Sunday|星期天")
MONTHS = table("January|一月; February|二月; March|三月; April|四月; May|五月; June|六月; July|七月; August|八月; September|九月; October|十月; November|十一月; December|十二月")
SEASONS = table("spring|春天; summer|夏天; autumn|秋天; winter|冬天")
NUM_EN = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
          "eighteen nineteen twenty").split()
NUM_ZH = "零 一 二 三 四 五 六 七 八 九 十 十一 十二 十三 十四 十五 十六 十七 十八 十九 二十".split()
WEATHER = table("hot|热; cold|冷; warm|暖和; cool|凉快; sunny|晴; cloudy|阴; windy|有风")
SUBJECTS = table("computer science|计算机; math|数学; history|历史; English|英语; Chinese|中文; music|音乐; art|美术; science|科学")
WHERE = table("on the table|在桌子上; under the table|在桌子下面; in the box|在盒子里; on the chair|在椅子上; in the room|在房间里; in the garden|在花园里; in the bag|在包里; under the bed|在床下面; on the bed|在床上; near the door|在门旁边; behind the house|在房子后面; in front of the house|在房子前面; under the tree|在树下; in the kitchen|在厨房里; outside|在外面")

# whole sentences, English | Chinese
PHRASES = table("""Hello!|你好！; Hi!|嗨！; Good morning.|早上好。; Good afternoon.|下午好。; Good evening.|晚上好。; Good night.|晚安。; Goodbye.|再见。; See you tomorrow.|明天见。; See you later.|回头见。
How are you?|你好吗？; I am fine, thank you.|我很好，谢谢。; I'm fine.|我很好。; Thank you.|谢谢。; Thank you very much.|非常感谢。; You're welcome.|不客气。; I'm sorry.|对不起。; Excuse me.|打扰一下。; It doesn't matter.|没关系。; No problem.|没问题。
What is your name?|你叫什么名字？; My name is Tom.|我的名字是汤姆。; Nice to meet you.|很高兴认识你。; Where are you from?|你是哪里人？; I am from China.|我来自中国。; Where do you live?|你住在哪里？; How old are you?|你多大了？
I love you.|我爱你。; I miss you.|我想你。; I like you.|我喜欢你。; Happy birthday!|生日快乐！; Happy New Year!|新年快乐！; Merry Christmas!|圣诞快乐！; Congratulations!|恭喜！; Good luck!|祝你好运！; Welcome!|欢迎！; Welcome to China.|欢迎来到中国。
I don't know.|我不知道。; I don't understand.|我不明白。; I understand.|我明白了。; Do you understand?|你明白吗？; Please say it again.|请再说一遍。; Please speak slowly.|请说慢一点。; Can you help me?|你能帮我吗？; Help!|救命！; Please help me.|请帮帮我。
What time is it?|现在几点了？; What time is it now?|现在几点了？; What day is today?|今天星期几？; What is the date today?|今天几号？; How is the weather today?|今天天气怎么样？; What is the weather like today?|今天天气怎么样？; The weather is good today.|今天天气很好。; The weather is very nice today.|今天天气很好。; It is raining.|下雨了。; It is snowing.|下雪了。; It rained yesterday.|昨天下雨了。; It will rain tomorrow.|明天会下雨。
How much is this?|这个多少钱？; How much does it cost?|这个多少钱？; It is too expensive.|太贵了。; Where is the bathroom?|洗手间在哪里？; Where is the toilet?|厕所在哪里？; What is this?|这是什么？; What is that?|那是什么？; Who is he?|他是谁？; Who is she?|她是谁？; Who are you?|你是谁？
What are you doing?|你在做什么？; What do you do?|你是做什么工作的？; What do you want?|你想要什么？; What do you want to eat?|你想吃什么？; What do you want to drink?|你想喝什么？; Where are you going?|你要去哪里？; What happened?|发生了什么事？; Why?|为什么？; When?|什么时候？; Where?|在哪里？; Who?|谁？; How?|怎么？
Are you OK?|你还好吗？; Are you ready?|你准备好了吗？; I am ready.|我准备好了。; Let's go.|我们走吧。; Come in, please.|请进。; Please come in.|请进。; Sit down, please.|请坐。; Please sit down.|请坐。; Wait a moment.|等一下。; Be careful!|小心！; Hurry up!|快点！; Stop!|停！; Look!|看！; Listen!|听！
I am hungry.|我饿了。; I'm hungry.|我饿了。; I am thirsty.|我渴了。; I am tired.|我累了。; I'm tired.|我累了。; I am happy.|我很高兴。; I am very happy.|我非常高兴。; I am sick.|我生病了。; I have a cold.|我感冒了。; I have a headache.|我头疼。; I am lost.|我迷路了。; I am at home.|我在家。; I am busy.|我很忙。
The dinner is ready.|晚饭准备好了。; It is delicious.|很好吃。; The food is delicious.|饭菜很好吃。; Have you eaten?|你吃了吗？; Have you eaten yet?|你吃饭了吗？; I want to go home.|我想回家。; I want to sleep.|我想睡觉。; I am a student.|我是学生。; He is my friend.|他是我的朋友。; She is my sister.|她是我的姐姐。; This is my friend.|这是我的朋友。; They are my friends.|他们是我的朋友。; We are friends.|我们是朋友。
Do you speak English?|你会说英语吗？; Do you speak Chinese?|你会说中文吗？; I speak a little Chinese.|我会说一点中文。; I can speak English.|我会说英语。; I can't speak Chinese.|我不会说中文。; I don't like it.|我不喜欢它。; I like it very much.|我很喜欢它。; That's right.|对。; That's wrong.|那是错的。; Yes.|是的。; No.|不是。; Of course.|当然。; Maybe.|也许。; Really?|真的吗？; Very good.|很好。; Great!|太好了！; OK.|好的。
See you next week.|下周见。; Take care.|保重。; Have a nice day.|祝你今天愉快。; Have a good trip.|一路平安。; Sweet dreams.|做个好梦。; Long time no see.|好久不见。; It is very late.|很晚了。; It's time to go home.|该回家了。; The sun is shining.|阳光明媚。; The sun rises in the east.|太阳从东方升起。; The sky is blue.|天空是蓝色的。; Snow is white.|雪是白色的。; The moon is beautiful.|月亮很美。; The moon is very round tonight.|今晚的月亮很圆。
My family is big.|我的家很大。; There are four people in my family.|我家有四口人。; There are five people in my family.|我家有五口人。; I have a brother.|我有一个哥哥。; I have two sisters.|我有两个姐姐。; I was born in China.|我出生在中国。; I live with my parents.|我和父母住在一起。; My parents are teachers.|我的父母是老师。; I go to school by bus.|我坐公共汽车去学校。; I get up at seven o'clock.|我七点起床。; I go to bed at ten.|我十点睡觉。
What is your favorite color?|你最喜欢什么颜色？; What is your favorite food?|你最喜欢吃什么？; What is your phone number?|你的电话号码是多少？; Can I have the menu?|请给我菜单。; The bill, please.|请结账。; I would like a cup of tea.|我想要一杯茶。; I would like some water.|我想要一些水。; A cup of coffee, please.|请来一杯咖啡。; I lost my key.|我丢了钥匙。; I forgot.|我忘了。; I remember.|我记得。; I agree.|我同意。; I think so.|我也这么想。; I hope so.|希望如此。
The book is on the table.|书在桌子上。; The cat is under the chair.|猫在椅子下面。; The cat is sleeping.|猫在睡觉。; The dog is running.|狗在跑。; Birds can fly.|鸟会飞。; Fish can swim.|鱼会游泳。; The children are playing in the park.|孩子们在公园里玩。; The boy is eating an apple.|男孩在吃苹果。; The girl is reading a book.|女孩在看书。; My mother is cooking in the kitchen.|我妈妈在厨房做饭。; My father is at work.|我爸爸在上班。; We are going to the park.|我们要去公园。; We went to the zoo yesterday.|我们昨天去了动物园。
This is a book.|这是一本书。; That is my house.|那是我的房子。; This is my mother.|这是我的妈妈。; He is a doctor.|他是医生。; She is a teacher.|她是老师。; I have a dog.|我有一只狗。; I have a cat.|我有一只猫。; She has long hair.|她有一头长发。; He has blue eyes.|他有蓝色的眼睛。; The water is cold.|水很冷。; The soup is hot.|汤很热。; Winter is cold.|冬天很冷。; Summer is hot.|夏天很热。; Spring is here.|春天来了。; The flowers are beautiful.|花很漂亮。; Time is money.|时间就是金钱。; Practice makes perfect.|熟能生巧。""")
