"""The stations themselves: let in, known by their key, and how complete each one is."""
