"""Who speaks: linked accounts, language, rights, what is kept of a person and forgotten."""
