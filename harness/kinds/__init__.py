"""Kinds of task: each file builds a Task from documents."""
