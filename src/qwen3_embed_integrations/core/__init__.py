"""Inner floor: numpy, pydantic and the standard library only."""
