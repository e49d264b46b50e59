"""Places and communities: one-time codes, set-up help, a private chat's choice, linked accounts."""
