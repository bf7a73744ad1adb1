"""Making, changing, bringing in and giving out the connections of a store: what every face does alike."""
