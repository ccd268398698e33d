"""One file for each group of calls."""
