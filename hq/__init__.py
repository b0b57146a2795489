"""Headquarters: takes in what the stations know, proves it whole, and shows it.

Two doors over one store. Where what lives, from the top down (import-linter holds the order, pyproject.toml):

- `cli`, `commands`: the command line; `app`: both doors as one web application; `watch`: what is done by the clock.
- `door`: the stations' door, /sync/v1. `desk`: the pages. `metrics`, `openapi`: what other programs read.
- `ingest`: what a message must prove before it is taken, and how it is added to a station's chain.
- `records`, `figures`, `publishing`, `people`: what is held, what it adds up to, what is handed down, who may look.
- `cases`, `kits`, `stations`: the nouns of the desk. `office`: a headquarters, open for work.
- `photos`, `store`: where it is all kept.
"""
