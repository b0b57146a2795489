"""The commands of `checkpoint`, one module a subject: each parses, makes one call, and prints."""
