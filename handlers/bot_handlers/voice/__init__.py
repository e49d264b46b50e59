"""Voice: what members say is heard and answered, what the bot says is spoken."""
