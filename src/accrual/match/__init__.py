"""Deciding compiled criteria for a patient, with proof, and ranking what was decided."""
