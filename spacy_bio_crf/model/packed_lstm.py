"""The LSTM of bilstm.py in torch, which only this module of the room imports."""
from typing import List

import torch
from torch.nn.utils.rnn import pack_sequence, unpack_sequence


class PackedLSTM(torch.nn.Module):
    """A bidirectional LSTM over sequences that are laid end to end.

    width (int): Width of input and output, W.
    depth (int): Number of layers.
    dropout (float): Between layers.
    """

    def __init__(self, width: int, depth: int, dropout: float):
        super().__init__()
        self.lstm = torch.nn.LSTM(width, width // 2, depth, bidirectional=True, dropout=dropout)

    def forward(self, X: torch.Tensor, lengths: List[int]) -> torch.Tensor:
        """Shape of X and of what is returned: N, W. Sequences may be empty, all of them too."""
        if not len(X):
            return X
        packed = pack_sequence(X.split([length for length in lengths if length]), enforce_sorted=False)
        return torch.cat(unpack_sequence(self.lstm(packed)[0]))
