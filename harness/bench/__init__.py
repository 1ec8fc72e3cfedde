"""How fast our scorer is on a user's own model and tasks, beside lm-eval's, and how alike."""
