"""A human instead: questions handed to helpers, answers brought back, "tell me when it is answered"."""
