"""Where pieces of work run: worker processes of this machine, forked ones, and other machines."""
