"""What administrators do from a chat: documents, statistics, where the bot speaks. Everything is audited."""
