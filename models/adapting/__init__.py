"""Teaching a model the words of a centre, and weighing whether that helps."""
