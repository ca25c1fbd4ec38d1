"""dealdocs: one YAML file per signed deal becomes the whole packet of documents."""

__version__ = "0.1.0"
