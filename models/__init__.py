"""Speech models and the process that writes down what visitors said."""
