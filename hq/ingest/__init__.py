"""Taking in what stations send: proven, in order, once; over the line or from a stick."""
