"""The engine: the one ring that touches the network. It is given a Connection and does what the pure families say."""
