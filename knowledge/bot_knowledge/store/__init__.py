"""Where passages and their vectors are kept: the embedded engine, a server, or memory."""
