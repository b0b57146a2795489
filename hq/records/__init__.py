"""What is held: searched, opened, traced to contacts, proven again, and forgotten in time."""
