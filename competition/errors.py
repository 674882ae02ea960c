"""The error that a user can do something about."""


class CompetitionError(Exception):
    """Something asked for cannot be done; the message says what, and what to do instead."""
