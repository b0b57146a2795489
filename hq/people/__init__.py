"""Who may log in at headquarters, what they may do, and the record of what they looked at."""
