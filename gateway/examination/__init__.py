"""What is wrong with a gateway, and how to mend it: for ``gate doctor``, the operator API and whoever asks next."""
