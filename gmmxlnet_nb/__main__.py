"""`python -m gmmxlnet_nb config.json`: a training run, also under torchrun and accelerate launch."""

from .launch import main

main()
