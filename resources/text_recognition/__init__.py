"""Recognition of text on pictures: one engine for all that read documents."""

from resources.text_recognition.engine import LONGEST_SIDE, Recognition, engine_version, recognised

__all__ = ["LONGEST_SIDE", "Recognition", "engine_version", "recognised"]
