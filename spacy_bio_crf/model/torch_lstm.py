"""The LSTM of bilstm.py in torch, which only this module of the room imports."""
from typing import List

import torch


class TorchBiLSTM(torch.nn.Module):
    """A bidirectional LSTM over sequences that are laid end to end. Each direction of a layer is an LSTM of its own, and one of
    them reads turned sequences, so that padding comes last for both and changes nothing. (Packed sequences need no padding,
    but take three times as long on a CPU.)

    width (int): Width of input and output, W.
    depth (int): Number of layers.
    dropout (float): Between layers.
    """

    def __init__(self, width: int, depth: int, dropout: float):
        super().__init__()
        layers = [[torch.nn.LSTM(width, width // 2) for _ in range(depth)] for _ in range(2)]
        self.onwards, self.backwards = map(torch.nn.ModuleList, layers)
        self.dropout = torch.nn.Dropout(dropout)

    def forward(self, X: torch.Tensor, lengths: List[int]) -> torch.Tensor:
        """Shape of X and of what is returned: N, W. Sequences may be empty, all of them too."""
        if not len(X):
            return X
        sizes = torch.tensor(lengths, device=X.device)
        columns = torch.repeat_interleave(sizes)
        steps = torch.arange(len(X), device=X.device) - (sizes.cumsum(0) - sizes)[columns]
        turned = sizes[columns] - 1 - steps
        for layer, (onwards, backwards) in enumerate(zip(self.onwards, self.backwards)):
            X = self.dropout(X) if layer else X
            X = torch.cat([run(onwards, X, steps, columns), run(backwards, X, turned, columns)], dim=1)
        return X


def run(lstm: torch.nn.LSTM, X: torch.Tensor, steps: torch.Tensor, columns: torch.Tensor) -> torch.Tensor:
    """One direction, over rows that stand at these steps in these columns of the padded batch. Shape: N, W / 2"""
    padded = X.new_zeros(int(steps.max()) + 1, int(columns.max()) + 1, X.shape[1])
    padded[steps, columns] = X
    return lstm(padded)[0][steps, columns]
