"""`python -m gmmxlnet_nb config.json`: a training run, also under torchrun and accelerate launch."""

from .command import train_main

train_main()
