"""Kits: what headquarters and its stations received, used and have left."""
