"""CLIP's vision transformer (ViT-L/14), the image encoder of GeoCLIP.

Radford et al., "Learning Transferable Visual Models From Natural Language Supervision" (ICML
2021), after Dosovitskiy et al., "An Image is Worth 16x16 Words" (ICLR 2021): pre-norm layers,
QuickGELU, a class token that is projected to CLIP's common space (``image_embeds``, 768 numbers,
not normalised).

Blocks exchange tokens (B, tokens, width), the class token first. Only the class token leaves the
last layer, so its last block computes only what that token gathers there: the map (B, width,
tokens) of what every token gives to it, itself first. Added up ("class" pooling) this is the
token after the last attention; what follows it (perceptron, norm, projection) is ``ClassReadout``.
The addends are those of Gandelsman, Efros and Steinhardt, "Interpreting CLIP's Image Representation
via Text-Based Decomposition" (ICLR 2024), and make the map that "why here" shows. They say where
the last layer looks; what the class token had gathered before stands in its own column, which has
no place in the picture.

A bundle with random weights for tests::

    config = TrunkConfig("clip_vit_tiny", "class", 24, "weights/trunk.safetensors")
    spec = replace(CLIP_INPUT, size=56)      # core.picture.preprocess; clip_vit_l14 takes 224
    arrays = numpy_state(build_trunk(config))

and with those of a file: ``clip_from_transformers`` or ``clip_from_openai`` gives the state dict.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from geoguess_app.core.bundle.trunk_designs import VitDesign
from geoguess_app.core.network.trunks.trunk import TrunkParts

_NORM_EPSILON = 1e-5
_GELU_SLOPE = 1.702

Norm = Callable[[nn.LayerNorm, Tensor], Tensor]
"""How a layer norm is applied; an explanation holds its spread."""


def _layer_norm(width: int) -> nn.LayerNorm:
    return nn.LayerNorm(width, eps=_NORM_EPSILON)


def _apply(norm: nn.LayerNorm, values: Tensor) -> Tensor:
    out: Tensor = norm(values)
    return out


class PatchEmbedding(nn.Module):
    """Images → a token for each patch, after the class token; with positions, normalised."""

    def __init__(self, design: VitDesign) -> None:
        super().__init__()
        width = design.width
        self.size_px = design.size_px
        self.class_token = nn.Parameter(torch.randn(width) * width**-0.5)
        self.positions = nn.Parameter(torch.randn(design.tokens, width) * width**-0.5)
        self.patches = nn.Conv2d(3, width, design.patch_px, design.patch_px, bias=False)
        self.norm = _layer_norm(width)

    def forward(self, images: Tensor) -> Tensor:
        """(B, 3, size, size) → (B, tokens, width). ValueError for another size."""
        if images.shape[2:] != (self.size_px, self.size_px):
            raise ValueError(f"crops of {tuple(images.shape[2:])}, not {self.size_px} px square")
        patches = self.patches(images).flatten(2).transpose(1, 2)
        first = self.class_token.expand(len(images), 1, -1).to(patches.dtype)
        out: Tensor = self.norm(torch.cat([first, patches], dim=1) + self.positions)
        return out


class SelfAttention(nn.Module):
    """Multi-head self-attention; queries, keys and values come from one matrix."""

    def __init__(self, design: VitDesign) -> None:
        super().__init__()
        self.heads = design.heads
        self.qkv = nn.Linear(design.width, 3 * design.width)
        self.out = nn.Linear(design.width, design.width)

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, tokens, width) → the same shape: what each token gathers."""
        query, key, value = map(self._split, self.qkv(tokens).chunk(3, dim=2))
        gathered = functional.scaled_dot_product_attention(query, key, value)
        out: Tensor = self.out(gathered.transpose(1, 2).flatten(2))
        return out

    def given_to_class(self, tokens: Tensor) -> Tensor:
        """Return what the first token gathers from each, (B, tokens, width), without the bias of
        ``out``: adds up to the first token of ``forward`` less that bias."""
        width = tokens.shape[2]
        query = functional.linear(tokens[:, :1], self.qkv.weight[:width], self.qkv.bias[:width])
        both = functional.linear(tokens, self.qkv.weight[width:], self.qkv.bias[width:])
        key, value = map(self._split, both.chunk(2, dim=2))
        scores = (self._split(query) * (width // self.heads) ** -0.5) @ key.transpose(2, 3)
        shares = scores.softmax(dim=3).transpose(2, 3)  # (B, heads, tokens, 1)
        return functional.linear((shares * value).transpose(1, 2).flatten(2), self.out.weight)

    def _split(self, values: Tensor) -> Tensor:
        """(B, tokens, width) → (B, heads, tokens, width / heads)."""
        count, tokens, width = values.shape
        return values.reshape(count, tokens, self.heads, width // self.heads).transpose(1, 2)


class Perceptron(nn.Module):
    """Norm, widen by four, QuickGELU, narrow; added to what came in."""

    def __init__(self, design: VitDesign) -> None:
        super().__init__()
        self.norm = _layer_norm(design.width)
        self.wide = nn.Linear(design.width, design.hidden)
        self.narrow = nn.Linear(design.hidden, design.width)

    def forward(self, values: Tensor, apply_norm: Norm = _apply) -> Tensor:
        """(…, width) → (…, width)."""
        hidden = self.wide(apply_norm(self.norm, values))
        out: Tensor = values + self.narrow(hidden * torch.sigmoid(_GELU_SLOPE * hidden))
        return out


class VitLayer(nn.Module):
    """Attention, then a perceptron, each on normalised tokens and added to them."""

    def __init__(self, design: VitDesign) -> None:
        super().__init__()
        self.norm = _layer_norm(design.width)
        self.attention = SelfAttention(design)
        self.perceptron = Perceptron(design)

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, tokens, width) → the same shape."""
        out: Tensor = self.perceptron(tokens + self.attention(self.norm(tokens)))
        return out


class LastAttention(nn.Module):
    """The last layer as far as the class token gathers in it."""

    def __init__(self, design: VitDesign) -> None:
        super().__init__()
        self.norm = _layer_norm(design.width)
        self.attention = SelfAttention(design)

    def forward(self, tokens: Tensor) -> Tensor:
        """(B, tokens, width) → what each gives to the class token, (B, width, tokens)."""
        given = self.attention.given_to_class(self.norm(tokens))
        # What the class token brings along, and the bias, have no place in the picture.
        own = given[:, :1] + tokens[:, :1] + self.attention.out.bias
        return torch.cat([own, given[:, 1:]], dim=1).transpose(1, 2)


class ClassReadout(nn.Module):
    """The class token after the last attention → CLIP's image embedding."""

    def __init__(self, design: VitDesign) -> None:
        super().__init__()
        self.perceptron = Perceptron(design)
        self.last_norm = _layer_norm(design.width)
        self.projection = nn.Linear(design.width, design.projection, bias=False)

    def forward(self, token: Tensor, apply_norm: Norm = _apply) -> Tensor:
        """(B, width) → (B, projection)."""
        whole = self.perceptron(token, apply_norm)
        out: Tensor = self.projection(apply_norm(self.last_norm, whole))
        return out


def clip_parts(design: VitDesign) -> TrunkParts:
    """Make the blocks: the patches' embedding, every layer, the last attention; random weights."""
    blocks: list[nn.Module] = [PatchEmbedding(design)]
    blocks.extend(VitLayer(design) for _ in range(design.layers - 1))
    blocks.append(LastAttention(design))
    return TrunkParts(blocks, design.projection, lambda: ClassReadout(design))


_TRANSFORMERS = (
    (r"embeddings\.class_embedding", "blocks.0.class_token"),
    (r"embeddings\.position_embedding\.weight", "blocks.0.positions"),
    (r"embeddings\.patch_embedding\.(.*)", r"blocks.0.patches.\1"),
    (r"pre_layrnorm\.(.*)", r"blocks.0.norm.\1"),
    (r"post_layernorm\.(.*)", r"after_pool.last_norm.\1"),
)
_OPENAI = (
    (r"class_embedding", "blocks.0.class_token"),
    (r"positional_embedding", "blocks.0.positions"),
    (r"conv1\.(.*)", r"blocks.0.patches.\1"),
    (r"ln_pre\.(.*)", r"blocks.0.norm.\1"),
    (r"ln_post\.(.*)", r"after_pool.last_norm.\1"),
)
_LAYER_PARTS = {
    "layer_norm1": "norm",
    "layer_norm2": "perceptron.norm",
    "self_attn.out_proj": "attention.out",
    "mlp.fc1": "perceptron.wide",
    "mlp.fc2": "perceptron.narrow",
    "ln_1": "norm",
    "ln_2": "perceptron.norm",
    "attn.out_proj": "attention.out",
    "mlp.c_fc": "perceptron.wide",
    "mlp.c_proj": "perceptron.narrow",
}


def clip_from_transformers(state: Mapping[str, Tensor], design: VitDesign) -> dict[str, Tensor]:
    """The trunk's state dict out of that of ``CLIPModel`` or ``CLIPVisionModelWithProjection``.

    The text tower and buffers are left out. Raises KeyError for a tensor that is missing, or for
    one of the vision tower that is not known.
    """
    whole = dict(state)
    for prefix in {name.rpartition(".q_proj.")[0] for name in state if ".q_proj." in name}:
        for kind in ("weight", "bias"):
            parts = [whole.pop(f"{prefix}.{part}_proj.{kind}") for part in "qkv"]
            whole[f"{prefix}.qkv.{kind}"] = torch.cat(parts)
    ours = {"after_pool.projection.weight": whole["visual_projection.weight"]}
    for name, tensor in whole.items():
        inner = name.removeprefix("vision_model.")
        if inner != name and not inner.endswith("position_ids"):
            layer = inner.replace("self_attn.qkv", "attn.qkv")
            ours[_our_name(layer, r"encoder\.layers\.(\d+)\.", _TRANSFORMERS, design)] = tensor
    return ours


def clip_from_openai(state: Mapping[str, Tensor], design: VitDesign) -> dict[str, Tensor]:
    """The trunk's state dict out of OpenAI's own (``visual.…``, also of OpenCLIP's files).

    The text tower is left out. Raises KeyError as ``clip_from_transformers``.
    """
    ours = {"after_pool.projection.weight": state["visual.proj"].T.contiguous()}
    for name, tensor in state.items():
        inner = name.removeprefix("visual.")
        if inner != name and inner != "proj":
            layer = inner.replace("attn.in_proj_", "attn.qkv.")
            ours[_our_name(layer, r"transformer\.resblocks\.(\d+)\.", _OPENAI, design)] = tensor
    return ours


def _our_name(
    name: str, layers: str, others: tuple[tuple[str, str], ...], design: VitDesign
) -> str:
    """Our name of a tensor of the vision tower. KeyError for one that it does not have."""
    found = re.match(layers, name)
    if found is None:
        for theirs, ours in others:
            if match := re.fullmatch(theirs, name):
                return match.expand(ours)
        raise KeyError(name)
    number, (part, _, kind) = int(found[1]) + 1, name[found.end() :].rpartition(".")
    inner = "attention.qkv" if part == "attn.qkv" else _LAYER_PARTS[part]
    last = number == design.layers and inner.startswith("perceptron.")
    return f"{'after_pool' if last else f'blocks.{number}'}.{inner}.{kind}"
