"""Learns the weights of fusion and gate; run ``python -m bot_knowledge.training --help``. Not needed to run Yinlu."""
