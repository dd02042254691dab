"""Single trials to the 13 values, and checks on them."""
