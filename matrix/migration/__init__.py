"""Convert saved models for another environment: one file, or many into a folder."""
