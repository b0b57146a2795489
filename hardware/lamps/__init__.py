"""Signal lamps and buzzer: simulated, on GPIO lines, and behind the lamp-holder.

Nothing is imported here: the shortest way to red begins in this package.
"""
