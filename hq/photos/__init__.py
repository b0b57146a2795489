"""Where photos are kept, and how a sealed one is opened."""
