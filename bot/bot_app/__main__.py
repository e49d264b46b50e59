"""``python -m bot_app`` is ``yinlu``."""

from bot_app.cli import main

main()
