"""What is known of one patient, and the readers of every form it comes in."""
