"""The core: facts of one patient's month in, a determination out. No database, no HTTP, no clock, no files."""
