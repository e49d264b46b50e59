"""The community's own words: what means the same, said by its people or read in its documents."""
