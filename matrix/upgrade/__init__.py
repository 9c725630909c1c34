"""Is it safe to bump? The user's own models, from the environment they come from to others."""
