"""Guessed pronunciations: spellings the dictionary lacks -> ARPAbet labels, by g2p-en's network.

An encoder GRU reads the letters, a decoder GRU says one label at a time, always the likeliest, at most 20 of them
(Park & Kim, g2p-en 2.1.0; the gates are PyTorch's, r before z before n). The weights (3 MB) are read from the installed
``g2p_en`` package without importing it, since the import loads NLTK and goes to the network.

g2p-en computes one word at a time in float32. Here the words come in batches, and in float64, so that a word's phones
do not depend on which other words share its batch: the rounding of a matrix product does depend on its shape.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]

# the rows of the two embeddings, in order
_LETTERS = ("<pad>", "<unk>", "</s>", *"abcdefghijklmnopqrstuvwxyz")
_MARKS = ("<pad>", "<unk>", "<s>", "</s>")
_PHONES = (
    "AA0 AA1 AA2 AE0 AE1 AE2 AH0 AH1 AH2 AO0 AO1 AO2 AW0 AW1 AW2 AY0 AY1 AY2 B CH D DH EH0 EH1 EH2 ER0 ER1 ER2 "
    "EY0 EY1 EY2 F G HH IH0 IH1 IH2 IY0 IY1 IY2 JH K L M N NG OW0 OW1 OW2 OY0 OY1 OY2 P R S SH T TH UH0 UH1 UH2 "
    "UW UW0 UW1 UW2 V W Y Z ZH"
)
_LABELS = (*_MARKS, *_PHONES.split())
_LETTER_ID = {letter: i for i, letter in enumerate(_LETTERS)}
_UNKNOWN_LETTER, _LAST_LETTER = _LETTERS.index("<unk>"), _LETTERS.index("</s>")
_START, _STOP = _LABELS.index("<s>"), _LABELS.index("</s>")
_MOST_LABELS = 20


@dataclass(frozen=True, eq=False)
class _GRU:
    """One recurrent layer over embedded symbols.

    ``inputs`` [symbols, 3 H]: what each symbol adds to the gates r, z, n; ``weights`` [H, 3 H] and ``bias`` [3 H]: what
    the state adds.
    """

    inputs: Doubles
    weights: Doubles
    bias: Doubles

    def __call__(self, symbols: NDArray[np.intp], state: Doubles) -> Doubles:
        """Symbols [B] and the state [B, H] before them -> the state [B, H] after them."""
        hidden = state.shape[1]
        new = self.inputs[symbols]
        old = state @ self.weights + self.bias
        # the logistic function as tanh, which cannot overflow
        gates = 0.5 + 0.5 * np.tanh(0.5 * (new[:, : 2 * hidden] + old[:, : 2 * hidden]))
        r, z = gates[:, :hidden], gates[:, hidden:]
        n = np.tanh(new[:, 2 * hidden :] + r * old[:, 2 * hidden :])
        return (1 - z) * n + z * state


@dataclass(frozen=True, eq=False)
class Network:
    """The network with its weights, as ``read`` gives it."""

    encoder: _GRU
    decoder: _GRU
    weights: Doubles  # [H, labels]
    bias: Doubles  # [labels]

    def __call__(self, words: Sequence[str]) -> list[tuple[str, ...]]:
        """Each word's labels; perhaps none, never more than 20. Letters are ``a`` to ``z``, others are unknown to it.

        g2p-en passes on the marks ``<pad>``, ``<unk>`` and ``<s>`` where its decoder says one. They are no sounds and
        are left out. ``UW`` without a digit is one of its labels and stays.
        """
        if not words:
            return []
        labels: list[list[str]] = [[] for _ in words]
        speaking = np.arange(len(words))  # those that have not said </s> yet
        states = self._encode(words)
        symbols = np.full(len(words), _START)
        for _ in range(_MOST_LABELS):
            states = self.decoder(symbols, states)
            symbols = (states @ self.weights + self.bias).argmax(axis=1)
            going_on = symbols != _STOP
            speaking, symbols, states = speaking[going_on], symbols[going_on], states[going_on]
            if not len(speaking):
                break
            for word, symbol in zip(speaking.tolist(), symbols.tolist(), strict=True):
                if symbol >= len(_MARKS):
                    labels[word].append(_LABELS[symbol])
        return [tuple(said) for said in labels]

    def _encode(self, words: Sequence[str]) -> Doubles:
        """The state [B, H] after the last letter of each word."""
        letters = [[_LETTER_ID.get(letter, _UNKNOWN_LETTER) for letter in word] + [_LAST_LETTER] for word in words]
        lengths = np.array([len(word) for word in letters])
        padded = np.zeros((len(words), lengths.max()), dtype=np.intp)
        for row, word in zip(padded, letters, strict=True):
            row[: len(word)] = word
        states = np.zeros((len(words), len(self.encoder.weights)))
        for step in range(padded.shape[1]):
            going_on = (step < lengths)[:, None]
            states = np.where(going_on, self.encoder(padded[:, step], states), states)
        return states


def read() -> Network:
    """The network of the installed g2p-en.

    Raises:
        ImportError: g2p-en is not installed, or is not a version whose weights are as in 2.1.0.
    """
    spec = find_spec("g2p_en")
    if spec is None or spec.origin is None:
        raise ImportError(
            "English words that the dictionary lacks need the weights of g2p-en, which is not installed: "
            "pip install g2p-en==2.1.0"
        )
    path = Path(spec.origin).with_name("checkpoint20.npz")
    if not path.is_file():
        raise ImportError(f"g2p-en has no {path.name} in its folder {path.parent}: pip install g2p-en==2.1.0")
    with np.load(path) as arrays:
        return from_arrays(arrays)


def from_arrays(arrays: Mapping[str, NDArray[Any]]) -> Network:
    """The arrays of ``checkpoint20.npz`` by name -> the network.

    Raises:
        ImportError: an embedding has not a row for each of our letters or labels.
    """

    def w(name: str) -> Doubles:  # one at a time: all of them as float64 would double the peak
        return np.asarray(arrays[name], dtype=np.float64)

    for name, symbols in (("enc_emb", _LETTERS), ("dec_emb", _LABELS), ("fc_w", _LABELS)):
        rows = len(w(name))
        if rows != len(symbols):
            raise ImportError(f"g2p-en's {name} has {rows} rows and not {len(symbols)}: pip install g2p-en==2.1.0")

    def gru(side: str) -> _GRU:
        inputs = w(f"{side}_emb") @ w(f"{side}_w_ih").T + w(f"{side}_b_ih")
        return _GRU(inputs, w(f"{side}_w_hh").T.copy(), w(f"{side}_b_hh"))

    return Network(gru("enc"), gru("dec"), w("fc_w").T.copy(), w("fc_b"))
