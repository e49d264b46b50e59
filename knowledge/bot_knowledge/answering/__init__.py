"""From passages to an answer with quotes, or the honest lack of one."""
