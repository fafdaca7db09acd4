"""GeoCLIP's published files in each layout, tiny and with random weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np

CLIP_WIDTH, FEATURES, MIDDLE, SIZE = 32, 24, 20, 12


def write_gallery(folder: Path, places: int = 300, seed: int = 0) -> Path:
    """A table of clustered places, as the package has it."""
    random = np.random.default_rng(seed)
    centers = random.uniform((-55, -170), (65, 170), (15, 2))
    points = (centers[:, None] + random.normal(0, 1.0, (15, places // 15, 2))).reshape(-1, 2)
    file = folder / "coordinates_100K.csv"
    lines = ["LAT,LON", *(f"{lat:.6f},{lon:.6f}" for lat, lon in points)]
    file.write_text("\n".join(lines) + "\n")
    return file


def location_state(seed: int = 1) -> dict[str, np.ndarray]:
    """Weights of the location encoder, named as GeoCLIP names them."""
    random = np.random.default_rng(seed)
    state: dict[str, np.ndarray] = {}
    for number, sigma in enumerate((1.0, 16.0, 256.0)):
        prefix = f"LocEnc{number}"
        state[f"{prefix}.capsule.0.b"] = np.float32(random.normal(0, sigma, (8, 2)))
        for layer, (inputs, outputs) in {1: (16, 20), 3: (20, 20), 5: (20, 20)}.items():
            _linear(state, f"{prefix}.capsule.{layer}", inputs, outputs, random)
        _linear(state, f"{prefix}.head.0", 20, SIZE, random)
    return state


def head_state(seed: int = 2) -> dict[str, np.ndarray]:
    """Weights of the perceptron behind CLIP."""
    random = np.random.default_rng(seed)
    state: dict[str, np.ndarray] = {}
    _linear(state, "0", FEATURES, MIDDLE, random)
    _linear(state, "2", MIDDLE, SIZE, random)
    return state


def _linear(
    state: dict[str, np.ndarray], name: str, inputs: int, outputs: int, random: np.random.Generator
) -> None:
    state[f"{name}.weight"] = np.float32(random.normal(0, inputs**-0.5, (outputs, inputs)))
    state[f"{name}.bias"] = np.float32(random.normal(0, 0.1, outputs))


def clip_state(seed: int = 3) -> dict[str, np.ndarray]:
    """A CLIP model of the tiny design, text tower included, named as transformers names it."""
    random = np.random.default_rng(seed)
    width = CLIP_WIDTH
    state = {
        "logit_scale": np.array(4.6, np.float32),
        "vision_model.embeddings.class_embedding": np.float32(random.normal(0, 0.2, width)),
        "vision_model.embeddings.position_ids": np.arange(17)[None],
        "vision_model.embeddings.position_embedding.weight": np.float32(
            random.normal(0, 0.2, (17, width))
        ),
        "vision_model.embeddings.patch_embedding.weight": np.float32(
            random.normal(0, 0.05, (width, 3, 14, 14))
        ),
        "visual_projection.weight": np.float32(random.normal(0, 0.2, (FEATURES, width))),
        "text_model.final_layer_norm.weight": np.ones(8, np.float32),
    }
    for norm in ("pre_layrnorm", "post_layernorm"):
        _norm(state, f"vision_model.{norm}", width)
    for layer in range(3):
        prefix = f"vision_model.encoder.layers.{layer}"
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            _linear(state, f"{prefix}.self_attn.{part}", width, width, random)
        _linear(state, f"{prefix}.mlp.fc1", width, 4 * width, random)
        _linear(state, f"{prefix}.mlp.fc2", 4 * width, width, random)
        _norm(state, f"{prefix}.layer_norm1", width)
        _norm(state, f"{prefix}.layer_norm2", width)
    return state


def _norm(state: dict[str, np.ndarray], name: str, width: int) -> None:
    state[f"{name}.weight"] = np.ones(width, np.float32)
    state[f"{name}.bias"] = np.zeros(width, np.float32)


def write_clip(folder: Path) -> Path:
    """CLIP's own folder."""
    from safetensors.numpy import save_file

    inside = folder / "clip-vit-large-patch14"
    inside.mkdir(parents=True)
    save_file(clip_state(), inside / "model.safetensors")
    return inside / "model.safetensors"


def write_release(folder: Path) -> None:
    """The official release beside a CLIP folder."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    state = {f"location_encoder.{name}": a for name, a in location_state().items()}
    state |= {f"image_encoder.mlp.{name}": a for name, a in head_state().items()}
    save_file({**state, "logit_scale": np.array(3.681, np.float32)}, folder / "model.safetensors")
    (folder / "config.json").write_text("{}")
    write_gallery(folder)
    write_clip(folder)


def write_package(folder: Path) -> None:
    """The Python package's files beside a CLIP folder."""
    import torch

    weights = folder / "geoclip" / "model" / "weights"
    weights.mkdir(parents=True)
    tensors = {n: torch.from_numpy(a) for n, a in location_state().items()}
    torch.save(tensors, weights / "location_encoder_weights.pth")
    head = {n: torch.from_numpy(a) for n, a in head_state().items()}
    torch.save(head, weights / "image_encoder_mlp_weights.pth")
    torch.save(torch.tensor(3.681), weights / "logit_scale_weights.pth")
    gallery = folder / "geoclip" / "model" / "gps_gallery"
    gallery.mkdir()
    write_gallery(gallery)
    write_clip(folder)


def write_split(folder: Path, *, two_inputs: bool = True) -> None:
    """The two ONNX graphs: a tiny image tower, and a location tower of one matrix."""
    from onnx import TensorProto, helper, numpy_helper, save

    (folder / "onnx").mkdir(parents=True)
    random = np.random.default_rng(7)
    kernel = np.float32(random.normal(0, 0.05, (SIZE, 3, 14, 14)))
    nodes = [
        helper.make_node("Conv", ["pixel_values", "kernel"], ["map"], strides=[14, 14]),
        helper.make_node("GlobalAveragePool", ["map"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["image_embeds"]),
    ]
    picture = helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["n", 3, 224, 224])
    embedding = helper.make_tensor_value_info("image_embeds", TensorProto.FLOAT, ["n", SIZE])
    opset = [helper.make_opsetid("", 17)]
    graph = helper.make_graph(
        nodes, "vision", [picture], [embedding], [numpy_helper.from_array(kernel, "kernel")]
    )
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    save(model, folder / "onnx" / "vision_model.onnx")
    matrix = np.float32(random.normal(0, 0.05, (2, SIZE)))
    nodes = [
        helper.make_node("MatMul", ["place", "matrix"], ["turned"]),
        helper.make_node("Sin", ["turned"], ["location_embeds"]),
    ]
    if two_inputs:
        # Longitude first: it is told apart by its name.
        named = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 1])
            for name in ("longitude", "latitude")
        ]
        nodes.insert(0, helper.make_node("Concat", ["latitude", "longitude"], ["place"], axis=1))
    else:
        named = [helper.make_tensor_value_info("place", TensorProto.FLOAT, ["n", 2])]
    out = helper.make_tensor_value_info("location_embeds", TensorProto.FLOAT, ["n", SIZE])
    graph = helper.make_graph(
        nodes, "location", named, [out], [numpy_helper.from_array(matrix, "matrix")]
    )
    model = helper.make_model(graph, opset_imports=opset, ir_version=8)
    save(model, folder / "onnx" / "location_model.onnx")
    (folder / "gps_gallery").mkdir()
    write_gallery(folder / "gps_gallery")
