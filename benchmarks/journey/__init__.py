"""L, C and B: the main job from the signature to the partner, through the real four services and through the floor."""
