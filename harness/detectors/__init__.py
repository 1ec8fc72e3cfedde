"""What an answer does, told from its words alone: refuse, abstain, use another language."""
