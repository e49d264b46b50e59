"""The room of handlers: what a member's words, commands and presses lead to. No platform, no vendor."""
