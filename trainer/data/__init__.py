"""Photo sets for training: tables read and judged, divided, and packed into shards."""
