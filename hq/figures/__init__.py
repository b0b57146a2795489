"""Counters by station and hour, and the day's figures from them."""
