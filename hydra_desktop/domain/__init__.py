"""The nouns and the rules of Hydra: plain dataclasses, standard library and numpy only."""
