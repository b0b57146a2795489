"""The commands of `checkpoint-hq`: each parses, makes one call and prints."""
