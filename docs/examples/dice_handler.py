"""A handler: /roll rolls a die. Put the file where Python finds it and set YINLU_EXTENSIONS=dice_handler."""

import secrets

from bot_core.commands import Argument, ArgumentKind, Command
from bot_core.dispatch import Handled
from bot_core.events import Invoked
from bot_core.identity import Words
from bot_core.replies import say

SIDES = Argument(
    "sides", Words("几面", "sides"), ArgumentKind.INTEGER, required=False, minimum=2, maximum=1000
)
ROLLED = Words("掷出 {n}（{sides} 面）", "You rolled {n} (of {sides})")


class Dice:
    """Takes /roll; whatever else is said is not its business, so it answers None."""

    commands = (Command("roll", Words("掷骰子", "Roll a die"), (SIDES,)),)

    async def __call__(self, incoming, conversation):
        if not isinstance(incoming.content, Invoked) or incoming.content.command != "roll":
            return None
        sides = int(incoming.content.arguments.get("sides", 6))
        await conversation.send(
            say(ROLLED.of(incoming.locale).format(n=1 + secrets.randbelow(sides), sides=sides))
        )
        return Handled("dice")


def handlers(needs):
    return [Dice()]
