"""tools/dev/peers: this project's attention beside other people's, in one run."""
