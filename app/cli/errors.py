"""What stops a command."""


class CannotRun(Exception):  # noqa: N818 - read as a sentence where it is caught
    """A command cannot be carried out; the message is help for a person."""
