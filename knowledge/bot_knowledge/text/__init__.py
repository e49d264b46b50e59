"""Language, sentences and terms of Chinese and English text."""
