"""Background work of a review: looking for photos, locating, writing, taking back."""
