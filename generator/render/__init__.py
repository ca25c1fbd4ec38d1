"""Rendering: a suffix chooses the module, a template and values become bytes."""
