"""What every service shares; the services themselves never import one another."""
