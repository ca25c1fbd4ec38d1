"""Word: what the template engine in `render/docx.py` is made of, from a package's parts to a finished document."""
