"""The command line's root."""
