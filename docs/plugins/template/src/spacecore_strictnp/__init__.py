"""array-api-strict as a SpaceCore backend; importing this imports no array library."""
