"""What is done again and again beside the fronts."""
