"""What stops a command."""


class CannotRun(Exception):
    """A command cannot be carried out; the message is help for a person."""
