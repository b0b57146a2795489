"""RPi.GPIO as far as the lamps use it."""
