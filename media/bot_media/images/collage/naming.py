"""What common words of prompts are drawn as, where no icon's own name or keyword says so, or says it wrongly. Data only.

Near relatives stand in for each other (a raven is a black bird); what has none is left out and told, rather than drawn wrongly.
"""

from __future__ import annotations

# icon: the words for it, in both languages; `_` stands for a space
_NAMED = {
    # buildings; those of our own are in ``own``
    "lighthouse": "lighthouse lighthouses 灯塔",
    "windmill": "windmill windmills 风车 大风车",
    "pagoda": "pagoda pagodas 宝塔 佛塔 古塔 塔楼 大雁塔 雷峰塔",
    "pyramid": "pyramid pyramids 金字塔",
    "great-wall": "great_wall great_wall_of_china 长城 万里长城 城墙",
    "pavilion": "pavilion pavilions gazebo gazebos 亭子 凉亭 亭台 楼阁 水榭 牌坊 牌楼",
    "arch-bridge": "bridge bridges stone_bridge arch_bridge footbridge 桥 石桥 拱桥 小桥 断桥 木桥 大桥",
    "skyscraper": "skyscraper skyscrapers high-rise tower_block 摩天大楼 摩天楼 高楼 大楼 高楼大厦 大厦",
    "igloo": "igloo igloos 冰屋 雪屋",
    "campfire": "campfire campfires bonfire bonfires fireplace 篝火 营火 火堆",
    "castle": "palace palaces fortress fortresses citadel 宫殿 皇宫 堡垒 古堡 要塞",
    "japanese-castle": "故宫 紫禁城 天守阁 forbidden_city",
    "shinto-shrine": "torii 鸟居 神社",
    "hindu-temple": "monastery temple temples 寺庙 庙 寺 寺院 古寺 庙宇",
    "tokyo-tower": "eiffel_tower tv_tower 埃菲尔铁塔 铁塔 电视塔 东方明珠 东京塔",
    "house-with-garden": "mansion villa farmhouse homestead 别墅 庄园 农舍 四合院 院子 庭院 农家",
    "hut": "cabin cabins log_cabin shack barn treehouse 木屋 小木屋 茅屋 草屋 树屋 谷仓 竹楼",
    "derelict-house": "ruins ruin haunted_house 废墟 鬼屋 破屋",
    "classical-building": "museum library_building 博物馆 美术馆 大殿 神殿",
    "circus-tent": "circus 马戏团",
    "tent": "yurt yurts tents 蒙古包 毡房 帐篷",
    "fountain": "fountain fountains 喷泉",
    "houses": "village_houses 房子们 小镇房屋",
    # people
    "cook": "chef chefs 厨师 大厨",
    "health-worker": "doctor doctors physician nurse nurses 医生 大夫 护士 医师",
    "person-with-crown": "king kings emperor ruler 国王 皇帝 帝王 君主",
    "princess": "queen queens empress 女王 皇后 王后 公主",
    "prince": "prince 王子",
    "man-mage": "wizard wizards sorcerer mage magician 巫师 法师 魔法师 道士",
    "woman-mage": "witch witches sorceress 女巫 巫女 魔女",
    "woman-fairy": "fairy fairies pixie 仙女 仙子 精灵",
    "woman-elf": "elf elves",
    "ninja": "samurai ronin swordsman warrior warriors 武士 侠客 剑客 忍者 刺客 大侠",
    "guard": "knight knights soldier soldiers 骑士 士兵 卫兵 守卫",
    "pilot": "pilots 飞行员",
    "artist": "painter painters 画家 画师",
    "woman-dancing": "dancer dancers ballerina 舞者 舞蹈家 舞女",
    "singer": "singers 歌手 歌唱家",
    "old-woman": "grandma grandmother granny 奶奶 外婆 老奶奶 老婆婆 婆婆",
    "old-man": "grandpa grandfather hermit 爷爷 外公 老爷爷 老人 老翁 渔翁 老者",
    "baby": "infant toddler 婴儿 宝宝 小宝宝",
    "student": "scholar scholars pupil 书生 学者",
    "farmer": "farmers peasant 农夫 农民",
    "girl": "young_girl little_girl 少女 小女孩 小姑娘 女孩",
    "boy": "young_boy little_boy 少年 小男孩 男孩",
    "woman": "lady maiden 女子 美女 女士 女人",
    "man": "gentleman 男子 男士 男人",
    "robot": "android androids cyborg mech 机器人 机甲",
    "ghost": "spirit spectre 幽灵 鬼魂",
    "alien": "aliens extraterrestrial 外星人",
    # animals
    "dog": "puppy puppies husky corgi retriever shiba labrador beagle 小狗 狗狗 柴犬 金毛 柯基 哈士奇 小奶狗 土狗",
    "cat": "kitten kittens kitty tabby 小猫 猫咪 小猫咪 橘猫 狸花猫 布偶猫 奶猫",
    "rabbit": "bunny bunnies hare hares 兔子 小兔子 小白兔 玉兔",
    "deer": "stag stags doe fawn reindeer elk 小鹿 梅花鹿 麋鹿 驯鹿",
    "chipmunk": "squirrel squirrels 松鼠",
    "mouse": "mice 小老鼠 老鼠",
    "horse": "pony ponies stallion mare foal 骏马 白马 小马 马儿",
    "cow": "cattle calf 奶牛 小牛",
    "water-buffalo": "buffalo 水牛 老黄牛 黄牛",
    "pig": "piglet piglets 小猪",
    "ewe": "sheep lamb lambs 绵羊 小羊 羊群 羊",
    "bird": "sparrow sparrows robin bluebird finch nightingale hummingbird swallow "
    "swallows 麻雀 燕子 小鸟 鸟儿 百灵 画眉 喜鹊 蜂鸟",
    "dove": "pigeon pigeons seagull seagulls gull gulls 鸽子 海鸥 白鸽 和平鸽",
    "swan": "heron herons egret stork storks crane_bird red-crowned_crane 仙鹤 白鹤 丹顶鹤 白鹭 鹭 鹤 鹳 天鹅",
    "eagle": "hawk hawks falcon falcons phoenix 老鹰 雄鹰 凤凰 鹰 隼",
    "chicken": "hen hens 母鸡 小鸡 鸡",
    "baby-chick": "chick chicks duckling ducklings 雏鸡 小黄鸭",
    "tropical-fish": "goldfish koi carp clownfish 金鱼 锦鲤 鲤鱼 小丑鱼 鱼儿",
    "spouting-whale": "whales 鲸鱼 蓝鲸 鲸",
    "dragon": "chinese_dragon 神龙 巨龙 龙 青龙",
    "lion": "lion_dance 狮子 雄狮 舞狮",
    "butterfly": "moth moths 飞蛾 蝴蝶",
    "cricket": "grasshopper grasshoppers 蚱蜢 蟋蟀 蝈蝈",
    "lady-beetle": "ladybird ladybirds ladybug 瓢虫",
    "honeybee": "bees bumblebee 蜜蜂",
    "turtle": "tortoise tortoises 乌龟 海龟",
    # plants
    "deciduous-tree": "oak oaks willow willows maple_tree banyan 柳树 杨柳 垂柳 大树 榕树 梧桐 银杏 枫树 老树",
    "evergreen-tree": "fir firs spruce cedar cypress 松树 青松 柏树 冷杉",
    "tanabata-tree": "bamboo 竹子 翠竹 竹",
    "cherry-blossom": "plum_blossom peach_blossom cherry_blossoms 梅花 桃花 樱花树 腊梅 杏花",
    "white-flower": "daisy daisies lily lilies orchid orchids jasmine 雏菊 百合 兰花 茉莉 栀子花",
    "rosette": "peony peonies camellia 牡丹 芍药 山茶",
    "hibiscus": "poppy poppies azalea 罂粟 杜鹃花 芙蓉",
    "hyacinth": "lavender 薰衣草",
    "lotus": "water_lily water_lilies 荷花 莲花 睡莲 荷",
    "blossom": "wildflower wildflowers dandelion chrysanthemum 野花 菊花 蒲公英 小花",
    # things
    "flying-saucer": "ufo ufos 飞碟 不明飞行物",
    "rocket": "spaceship spaceships spacecraft starship 宇宙飞船 飞船 太空船 火箭",
    "balloon": "hot_air_balloon hot-air_balloon 热气球 气球",
    "sailboat": "yacht yachts sailing_ship galleon junk 帆船 小船 渔船 乌篷船 木船 海盗船 孤舟 扁舟",
    "canoe": "kayak raft rowboat dragon_boat 独木舟 木筏 竹筏 皮划艇 龙舟",
    "passenger-ship": "cruise_ship steamship ocean_liner 轮船 邮轮 游轮",
    "high-speed-train": "高铁 动车",
    "red-paper-lantern": "lanterns paper_lantern sky_lantern 灯笼 孔明灯 天灯 花灯 宫灯",
    "umbrella": "parasol oil-paper_umbrella 油纸伞 花伞",
    "beer-mug": "beer beers 啤酒",
    "tumbler-glass": "whisky whiskey juice 威士忌 果汁",
    "rice-ball": "onigiri bun steamed_bun zongzi 包子 馒头 粽子 饭团",
    "steaming-bowl": "noodle noodles ramen pho 面条 拉面 牛肉面 汤 米粉",
    "hamburger": "burger burgers 汉堡",
    "couch-and-lamp": "sofa couch armchair 沙发",
    "ladder": "stairs staircase 楼梯 台阶",
    "books": "bookshelf bookcase 书架 书柜 书堆",
    "mantelpiece-clock": "clock clocks 钟 时钟 座钟",
    "musical-keyboard": "piano pianos 钢琴",
    "banjo": "pipa lute guzheng 琵琶 古筝 古琴 二胡",
    "paintbrush": "ink_brush 毛笔 画笔",
    "crossed-swords": "sword swords katana 剑 宝剑 刀剑",
    "crystal-ball": "magic_orb 水晶球 魔法球",
    "gem-stone": "crystal crystals jewel gem diamond diamonds 宝石 水晶 钻石",
    "house": "houses 房子 房屋 小屋 小房子 teahouse teahouses 茶馆",
    "wood": "log logs 木头",
}  # fmt: skip
_NOTHING = (
    "starfish seahorse seahorses mermaid mermaids dragonfly dragonflies firefly fireflies raven "
    "ravens crow crows magpie magpies submarine airship airships family skeleton skeletons "
    "fence fences waterfall waterfalls griffin kirin scarecrow "
    "barber ginger-root beefsteak seashore crane cranes well wells "
    "海马 海星 美人鱼 蜻蜓 萤火虫 乌鸦 麒麟 瀑布 和尚 天安门 潜水艇 潜艇 火锅"
)


def _spelled() -> dict[str, str]:
    return {word.replace("_", " "): icon for icon, words in _NAMED.items() for word in words.split()}


NAMED = _spelled()
NOTHING = frozenset(_NOTHING.split())
