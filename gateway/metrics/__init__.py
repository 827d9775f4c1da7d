"""What operators count and time. Names, labels and meanings are here; who is measured says what happened."""
