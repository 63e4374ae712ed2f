"""Reference fixtures for a Mask2Former implementation, computed by Hugging Face transformers.

Every fixture is a directory that is itself a loadable checkpoint (config.json,
preprocessor_config.json, model.safetensors) plus

    image.ppm             the input picture, 8-bit RGB
    expected.safetensors  tensors of every stage, computed in float64 and stored as float32
    expected.json         the segments of the three post-processings at several settings
    maps.safetensors      the label maps that belong to expected.json (uint8, row-major; 255 stands for the -1 that transformers writes)

Those in OUT/stages are for the network alone: a batch of pictures is their input, and they have
no image.ppm, maps.safetensors or segments.

    python3 make_fixtures.py OUT [name ...]

OUT/fixtures and OUT/stages are written; OUT is tests/data.  Needs transformers >= 5, torch, torchvision, safetensors, pillow, and timm
for the backbones that transformers takes from it.
All parameters are drawn at random from a seeded generator with a spread that makes every one of
them matter (the stock initialisation leaves many at zero).
"""
import json, os, sys
import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from transformers import (ConvNextConfig, ConvNextV2Config, Dinov2Config, Dinov2WithRegistersConfig, Mask2FormerConfig,
                          Mask2FormerForUniversalSegmentation, Mask2FormerImageProcessor, ResNetConfig,
                          SwinConfig, Swinv2Config, TimmBackboneConfig)

STAGES = ["stage1", "stage2", "stage3", "stage4"]


def config(embed=8, depths=(1, 1, 2, 1), heads=(1, 2, 4, 8), window=7, labels=6, hidden=32, feature=None,
           mask_feature=None, enc=2, dec=4, queries=9, nheads=4, ffn=64, enc_ffn=48, pre_norm=False,
           enforce=False, qkv_bias=True, mlp_ratio=4.0, backbone=None, swin_more={}, more={}):
    swin = SwinConfig(embed_dim=embed, depths=list(depths), num_heads=list(heads), window_size=window,
                      drop_path_rate=0.0, qkv_bias=qkv_bias, mlp_ratio=mlp_ratio, **dict(dict(out_features=STAGES), **swin_more))
    return Mask2FormerConfig(
        backbone_config=backbone or swin, feature_size=feature or hidden, mask_feature_size=mask_feature or hidden,
        hidden_dim=hidden, encoder_feedforward_dim=enc_ffn, dim_feedforward=ffn, encoder_layers=enc,
        decoder_layers=dec, num_attention_heads=nheads, num_queries=queries, pre_norm=pre_norm,
        enforce_input_projection=enforce,
        id2label={i: f"class {i}" for i in range(labels)}, label2id={f"class {i}": i for i in range(labels)}, **more)


def randomize(model, seed):
    g = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in sorted(model.named_parameters()):
            if p.numel() == 0:
                continue
            if "relative_position_bias" in name:
                p.copy_(torch.randn(p.shape, generator=g) * 0.5)
            elif ".activation" in name or ".act." in name or "act_fn" in name:  # PReLU, xIELU
                p.copy_(torch.randn(p.shape, generator=g) * 0.5)
            elif name.endswith("position_embeddings"):
                p.copy_(torch.randn(p.shape, generator=g) * 0.5)
            elif "sampling_offsets.bias" in name:
                p.add_(torch.randn(p.shape, generator=g) * 0.5)
            elif "sampling_offsets.weight" in name or "attention_weights.weight" in name:
                p.copy_(torch.randn(p.shape, generator=g) * (0.6 / p.shape[1] ** 0.5))
            elif name.endswith(("position_embeddings", "_token", "_tokens", "grn.weight")):
                p.copy_(torch.randn(p.shape, generator=g) * 0.5)
            elif name.endswith("logit_scale"):
                p.copy_(torch.randn(p.shape, generator=g) * 0.5 + 2)
                if "layers.0.blocks.0" in name:
                    p[0] = 5  # beyond the clamp, where no error of an earlier layer is made larger
            elif name.endswith("bias"):
                p.copy_(torch.randn(p.shape, generator=g) * 0.1)
            elif p.ndim == 1:
                p.copy_(1 + torch.randn(p.shape, generator=g) * 0.2)
            elif "queries_" in name or "level_embed" in name:
                p.copy_(torch.randn(p.shape, generator=g))
            else:
                fan = p[0].numel()
                p.copy_(torch.randn(p.shape, generator=g) / fan ** 0.5)
        for n, p in model.named_parameters():
            if n.startswith("class_predictor.weight"):
                p.mul_(4)
            if "mask_embedder.2.0.weight" in n:
                p.mul_(3)
        # batch norms: every statistic matters, and ReLU6 has something to cut off at either end
        for n, b in sorted(model.named_buffers()):
            if n.endswith("running_mean"):
                b.copy_(torch.randn(b.shape, generator=g) * 0.2)
            elif n.endswith(".beta"):  # xIELU
                b.fill_(0.375)
            elif n.endswith(".eps"):
                b.fill_(-0.25)
            elif n.endswith("running_var"):
                b.copy_(0.3 + torch.rand(b.shape, generator=g) * 1.2)
                b[0] = 0  # of a channel that hardly varies
        for n, p in model.named_parameters():
            if "encoder._backbone" in n and ".bn" in n and n.endswith("bias"):
                p.add_(0.3)
            elif ("encoder._backbone" in n and ".bn" in n or "normalization" in n) and n.endswith("weight"):
                p[0] *= 1e-3


def picture(h, w, seed):
    """A smooth picture with a few sharp-edged shapes: exercises resize and gives masks structure."""
    r = np.random.default_rng(seed)
    y, x = np.mgrid[0:h, 0:w]
    a = np.stack([127 + 100 * np.sin(x / w * 6 + c) * np.cos(y / h * (4 + c)) for c in range(3)], -1)
    for _ in range(5):
        cy, cx, s = r.uniform(0, h), r.uniform(0, w), r.uniform(0.1, 0.35) * min(h, w)
        m = (abs(y - cy) < s) & (abs(x - cx) < s) if r.random() < 0.5 else (y - cy) ** 2 + (x - cx) ** 2 < s * s
        a[m] = r.uniform(0, 255, 3)
    a += r.normal(0, 6, a.shape)
    return np.clip(a, 0, 255).astype(np.uint8)


FIXTURES = {
    # name: (config, processor, picture (h, w), weights dtype, seed)
    "square": (dict(), dict(size={"height": 96, "width": 96}), (120, 90), torch.float32, 1),
    "odd-sizes": (dict(window=4, depths=(2, 1, 2, 2), queries=5, labels=3), dict(size={"height": 75, "width": 106}, size_divisor=0), (75, 106), torch.float32, 2),
    "map-below-window": (dict(window=12, depths=(2, 2, 2, 2), embed=16, heads=(2, 4, 8, 16)), dict(size={"height": 64, "width": 96}), (200, 300), torch.float32, 3),
    "wide-masks": (dict(hidden=32, mask_feature=64, queries=7, nheads=8), dict(size={"shortest_edge": 64, "longest_edge": 120}, size_divisor=32), (100, 170), torch.float32, 4),
    "pre-norm": (dict(pre_norm=True, enc=1, dec=7, labels=2), dict(size={"height": 64, "width": 64}), (64, 64), torch.float32, 5),
    "half-weights": (dict(labels=12, queries=12), dict(size={"height": 96, "width": 128}), (96, 128), torch.float16, 6),
    "bfloat16-weights": (dict(), dict(size={"height": 64, "width": 96}), (64, 96), torch.bfloat16, 7),
}


SMALL = dict(embed=4, depths=(1, 1, 1, 1), window=3, enc=1, dec=3, queries=4, labels=2, ffn=32, enc_ffn=32)
# of the network alone: (config, batch, height, width, seed[, with attentions])
STAGES_ONLY = {
    "batch": (dict(embed=4, depths=(1, 1, 1, 2), window=3, enc_ffn=32, dec=5, queries=5), 3, 50, 70, 8),
    "no-qkv-bias": (dict(embed=4, depths=(2, 1, 1, 1), heads=(1, 1, 2, 4), window=5, qkv_bias=False, mlp_ratio=2.7,
                         enc=1, dec=3, queries=4, labels=1), 1, 61, 90, 9),
    "input-projection": (dict(embed=4, feature=64, hidden=32, mask_feature=48, depths=(1, 1, 1, 1), nheads=8, enc=1,
                              dec=7), 1, 64, 64, 10),
    "enforced-projection": (dict(embed=4, depths=(1, 1, 1, 1), window=4, enforce=True, enc=1, dec=4), 2, 33, 64, 11),
    "mobilenet": (dict(backbone=TimmBackboneConfig(backbone="mobilenetv2_035", out_indices=[1, 2, 3, 4]), enc=1, dec=3,
                       queries=4), 2, 75, 106, 13),
    "resnet": (dict(backbone=ResNetConfig(embedding_size=12, hidden_sizes=[32, 40, 64, 72], depths=[2, 1, 2, 1],
                                          out_features=STAGES), enc=1, dec=3, queries=4), 2, 75, 106, 14),
    "resnet-basic": (dict(backbone=ResNetConfig(embedding_size=8, hidden_sizes=[8, 12, 20, 28], depths=[1, 2, 1, 2],
                                                layer_type="basic", out_features=STAGES), enc=1, dec=3, queries=3),
                     1, 64, 97, 15),
    "resnet-downsample": (dict(backbone=ResNetConfig(embedding_size=10, hidden_sizes=[24, 32, 40, 56],
                                                     depths=[1, 2, 1, 1], downsample_in_bottleneck=True,
                                                     out_features=STAGES), enc=1, dec=3, queries=3), 1, 90, 61, 16),
    "resnet-first-stage": (dict(backbone=ResNetConfig(
        embedding_size=12, hidden_sizes=[16, 20, 24, 28, 32], depths=[1, 2, 1, 1, 1], downsample_in_first_stage=True,
        out_features=["stem", "stage1", "stage2", "stage4"]), enc=1, dec=3, queries=3), 1, 99, 150, 24),
    "convnext": (dict(backbone=ConvNextConfig(hidden_sizes=[8, 12, 20, 28], depths=[1, 1, 2, 1], out_features=STAGES),
                      enc=1, dec=3, queries=4), 2, 75, 106, 19),
    "convnext-stem": (dict(backbone=ConvNextConfig(
        hidden_sizes=[12, 8, 16, 16, 24], depths=[1, 2, 1, 1, 1], num_stages=5, patch_size=2, layer_scale_init_value=0.0,
        hidden_act="quick_gelu",
        out_features=["stem", "stage2", "stage3", "stage5"]), enc=1, dec=3, queries=3), 1, 65, 100, 20),
    "convnextv2": (dict(backbone=ConvNextV2Config(hidden_sizes=[8, 12, 20, 28], depths=[2, 1, 1, 1],
                                                  out_indices=[1, 2, 3, 4]), enc=1, dec=3, queries=4), 2, 71, 90, 21),
    "dinov2": (dict(backbone=Dinov2Config(hidden_size=32, num_hidden_layers=6, num_attention_heads=2, image_size=56,
                                          out_indices=[1, 3, 4, 5]), enc=1, dec=3, queries=4), 2, 75, 106, 17),
    "dinov2-registers": (dict(backbone=Dinov2WithRegistersConfig(
        hidden_size=24, num_hidden_layers=4, num_attention_heads=3, mlp_ratio=2, image_size=64, patch_size=8,
        num_register_tokens=3, qkv_bias=False, apply_layernorm=False, hidden_act="silu",
        out_features=["stem", "stage1", "stage2", "stage4"]), enc=1, dec=3, queries=3), 1, 47, 90, 18),
    "silu": (dict(**SMALL, swin_more=dict(hidden_act="silu"), more=dict(activation_function="silu")), 1, 32, 48, 17),
    "gelu-new": (dict(**SMALL, swin_more=dict(hidden_act="relu"), more=dict(activation_function="gelu_new"), pre_norm=True), 2, 64, 96, 18),
    "mish": (dict(**SMALL, swin_more=dict(hidden_act="mish"), more=dict(activation_function="gelu")), 1, 32, 48, 19),
    "one-channel": (dict(**SMALL, swin_more=dict(num_channels=1, patch_size=2)), 1, 33, 30, 20),
    "five-channels": (dict(**SMALL, swin_more=dict(num_channels=5, patch_size=8)), 1, 100, 75, 21),
    "positions": (dict(**SMALL, swin_more=dict(use_absolute_embeddings=True, image_size=48)), 2, 31, 71, 22),
    "no-fpn": (dict(**SMALL, more=dict(common_stride=8)), 2, 40, 64, 23),
    "two-fpn-levels": (dict(**SMALL, more=dict(common_stride=2)), 2, 45, 64, 24),
    "four-fpn-levels": (dict(**SMALL, more=dict(common_stride=1, feature_strides=[16, 32, 64])), 1, 64, 40, 25),
    "three-fpn-levels": (dict(**SMALL, more=dict(common_stride=16)), 1, 64, 40, 26),
    "attentions": (dict(**dict(SMALL, depths=(2, 2, 1, 1), window=4, enc=2)), 2, 75, 86, 28, True),
    "attentions-no-bias": (dict(**SMALL, qkv_bias=False, pre_norm=True), 1, 33, 50, 29, True),
    "no-layers": (dict(**dict(SMALL, enc=0, dec=1)), 2, 64, 96, 27),
    "swinv2": (dict(backbone=Swinv2Config(embed_dim=8, depths=[2, 2, 2, 1], num_heads=[1, 2, 2, 4], window_size=4,
                                          image_size=64, out_features=STAGES), enc=1, dec=3, queries=4), 2, 75, 106, 22),
    "swinv2-pretrained": (dict(backbone=Swinv2Config(
        embed_dim=8, depths=[2, 1, 1, 1, 1], num_heads=[2, 2, 4, 4, 4], window_size=5, image_size=[48, 64], patch_size=2,
        pretrained_window_sizes=[3, 0, 4, 2, 2], qkv_bias=False, mlp_ratio=2.0,
        out_features=["stem", "stage2", "stage4", "stage5"]), enc=1, dec=3, queries=3), 1, 65, 100, 23),
    "prelu": (dict(**SMALL, swin_more=dict(hidden_act="prelu"), more=dict(activation_function="xielu")), 1, 32, 48, 30),
    "swin-stages": (dict(backbone=SwinConfig(
        embed_dim=8, depths=[2, 0, 1], num_heads=[1, 2, 2], window_size=3, patch_size=[4, 2], hidden_act="xielu",
        out_features=["stem", "stage1", "stage2", "stage3"]), enc=1, dec=3, queries=3,
        more=dict(activation_function="prelu")), 2, 45, 37, 31),
    "swinv2-stages": (dict(backbone=Swinv2Config(
        embed_dim=8, depths=[1, 0, 2], num_heads=[1, 2, 2], window_size=3, image_size=64, patch_size=[2, 4], num_channels=1,
        hidden_act="prelu", out_features=["stage1", "stage2", "stage3"]), enc=1, dec=3, queries=3), 1, 33, 70, 32),
    "resnet-silu": (dict(backbone=ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 12, 16, 20], depths=[1, 0, 2, 1], num_channels=4, hidden_act="silu",
        out_features=["stem"] + STAGES), enc=1, dec=3, queries=3), 1, 75, 90, 33),
    "resnet-prelu": (dict(backbone=ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 12], depths=[2, 1], layer_type="basic", hidden_act="prelu",
        out_features=["stem", "stage1", "stage2"]), enc=1, dec=3, queries=3), 1, 32, 45, 34),
    "convnextv2-maps": (dict(backbone=ConvNextV2Config(
        hidden_sizes=[8, 12, 16, 20], depths=[1, 0, 1, 1], patch_size=[4, 2], num_channels=2, hidden_act="prelu",
        out_features=["stage2", "stage3", "stage4"]), enc=1, dec=3, queries=3), 1, 71, 50, 35),
    "dinov2-swiglu": (dict(backbone=Dinov2Config(
        hidden_size=24, num_hidden_layers=5, num_attention_heads=3, mlp_ratio=2, image_size=64, patch_size=8,
        use_swiglu_ffn=True, num_channels=4, out_features=["stem", "stage1", "stage3", "stage4", "stage5"]),
        enc=1, dec=3, queries=3), 2, 47, 50, 36),
    "dinov2-xielu": (dict(backbone=Dinov2WithRegistersConfig(
        hidden_size=16, num_hidden_layers=3, num_attention_heads=2, mlp_ratio=2, image_size=32, patch_size=8,
        hidden_act="xielu", out_features=["stage1", "stage2", "stage3"]), enc=1, dec=3, queries=3), 1, 32, 43, 37),
    # a sum of nothing: layers without hidden channels, a network without classes
    "empty": (dict(**dict(SMALL, ffn=0, enc_ffn=0, labels=0), mlp_ratio=0.0), 1, 33, 64, 38),
    "swinv2-empty": (dict(backbone=Swinv2Config(
        embed_dim=4, depths=[1, 1, 1, 1], num_heads=[1, 1, 2, 2], window_size=3, image_size=64, mlp_ratio=0.0,
        out_features=STAGES), enc=1, dec=2, queries=2), 1, 40, 64, 39),
    "dinov2-empty": (dict(backbone=Dinov2Config(
        hidden_size=12, num_hidden_layers=4, num_attention_heads=2, mlp_ratio=0, image_size=32, patch_size=8,
        use_swiglu_ffn=True, out_indices=[1, 2, 4]), enc=1, dec=2, queries=2), 1, 32, 43, 40),
    "dinov2-maps": (dict(backbone=Dinov2Config(
        hidden_size=8, num_hidden_layers=18, num_attention_heads=2, mlp_ratio=1, image_size=32, patch_size=8,
        out_indices=list(range(19))), enc=1, dec=2, queries=2, more=dict(common_stride=1)), 1, 32, 43, 41),
    "resnet-stages": (dict(backbone=ResNetConfig(
        embedding_size=8, hidden_sizes=[8, 8, 12, 12, 8, 8, 8, 8, 8, 8], depths=[1] * 10, layer_type="basic",
        out_features=["stem", "stage1", "stage3", "stage4"]), enc=1, dec=2, queries=2), 1, 65, 45, 42),
    "one-layer": (dict(embed=4, depths=(1, 1, 1, 1), enc=1, dec=2, queries=1, labels=2), 1, 7, 40, 12),
}


def timm(name, out_indices):
    return dict(backbone=TimmBackboneConfig(backbone=name, out_indices=out_indices), enc=1, dec=2, queries=3)


# of networks too large to be stored, whose weights tests draw again: (config, height, width)
DRAWN = {
    "timm-resnet10t": (timm("resnet10t", [1, 2, 3, 4]), 45, 75),
    "timm-resnet18": (timm("resnet18", [0, 1, 2, 3, 4]), 33, 40),
    "timm-resnext50d": (timm("resnext50d_32x4d", [2, 3, 4]), 45, 75),
}


def projections(model):
    """The transformer module's input projections, which it keeps in a plain list: not among its parameters,
    not converted by double() and never saved."""
    return [p for p in model.model.transformer_module.input_projections if isinstance(p, torch.nn.Conv2d)]


def attentions(model, x):
    """The weights of all attentions, the layers' in turns."""
    out, hooks = {}, []
    plm, dec = model.model.pixel_level_module, model.model.transformer_module.decoder

    def keep(name):
        def f(_m, _i, o):
            out[name] = o[1]
        return f
    for i, l in enumerate(plm.decoder.encoder.layers):
        hooks.append(l.self_attn.register_forward_hook(keep(f"pixel_decoder.attention.{i}")))
    for i, l in enumerate(dec.layers):
        hooks.append(l.cross_attn.register_forward_hook(keep(f"decoder.cross_attention.{i}")))
    for s, layer in enumerate(plm.encoder.swin.encoder.layers):
        for i, block in enumerate(layer.blocks):
            hooks.append(block.attention.register_forward_hook(keep(f"backbone.attention.{s + 1}.{i}")))
    model.set_attn_implementation("eager")
    with torch.no_grad():
        o = model(pixel_values=x, output_attentions=True, output_hidden_states=True)
    for h in hooks:
        h.remove()
    for i, a in enumerate(o.attentions):
        out[f"decoder.self_attention.{i}"] = a
    out.update({k: a.flatten(3) for k, a in out.items() if k.startswith("pixel_decoder.")})
    return out


def stages(model, x, with_attentions=False):
    """All intermediate results, named after the stage that produces them."""
    out, hooks = {}, []
    plm, dec = model.model.pixel_level_module, model.model.transformer_module.decoder

    def keep(name):
        def f(_m, _i, o):
            out[name] = o[0] if isinstance(o, tuple) else o
        return f
    def keep_states(_m, _i, o):
        out["decoder.input"] = o.hidden_states[0]
        for i, h in enumerate(o.intermediate_hidden_states):
            out[f"decoder.intermediate.{i}"] = h
    for i, l in enumerate(plm.decoder.encoder.layers):
        hooks.append(l.register_forward_hook(keep(f"pixel_decoder.encoder.{i}")))
    hooks.append(plm.decoder.encoder.register_forward_pre_hook(
        lambda _m, _a, named: out.update({"pixel_decoder.input": named["inputs_embeds"]}), with_kwargs=True))
    for i, l in enumerate(dec.layers):
        hooks.append(l.register_forward_hook(keep(f"decoder.hidden.{i}")))
    hooks.append(dec.register_forward_hook(keep_states))
    with torch.no_grad():
        o = model(pixel_values=x, output_hidden_states=True, output_auxiliary_logits=True)
        plm_out = plm(x, output_hidden_states=True)
    for h in hooks:
        h.remove()
    for i, f in enumerate(plm.encoder(x).feature_maps):
        out[f"backbone.stage{i + 1}"] = f
    out["pixel_decoder.mask_features"] = plm_out.decoder_last_hidden_state
    for i, f in enumerate(plm_out.decoder_hidden_states):
        out[f"pixel_decoder.level.{i}"] = f
    for i, m in enumerate(o.auxiliary_logits):
        out[f"decoder.aux_masks.{i}"] = m["masks_queries_logits"]
        out[f"decoder.aux_classes.{i}"] = m["class_queries_logits"]
    out["class_queries_logits"] = o.class_queries_logits
    out["masks_queries_logits"] = o.masks_queries_logits
    if with_attentions:
        out.update(attentions(model, x))
    return o, {k: v.detach().float().contiguous().clone() for k, v in out.items()}


def byte(m):
    return torch.where(m < 0, torch.full_like(m, 255), m).to(torch.uint8)


def postprocess(proc, o, shape, labels):
    """The three post-processings of transformers at several settings."""
    h, w = shape
    o.class_queries_logits, o.masks_queries_logits = o.class_queries_logits.float(), o.masks_queries_logits.float()
    cases, maps = [], {}
    for size in (None, (h + 11, w + 3)):
        ts = None if size is None else [size]
        m = proc.post_process_semantic_segmentation(o, target_sizes=ts)[0]
        cases.append(dict(task="semantic", target_size=size)); maps[f"{len(cases) - 1}"] = byte(m)
        for thr in (0.0, 0.5):
            r = proc.post_process_instance_segmentation(o, threshold=thr, target_sizes=ts)[0]
            cases.append(dict(task="instance", target_size=size, threshold=thr, segments=r["segments_info"]))
            maps[f"{len(cases) - 1}"] = byte(torch.as_tensor(r["segmentation"]))
            for ov, fuse in ((0.8, []), (0.0, [0, 1])):
                r = proc.post_process_panoptic_segmentation(o, threshold=thr, overlap_mask_area_threshold=ov, label_ids_to_fuse=set(fuse), target_sizes=ts)[0]
                cases.append(dict(task="panoptic", target_size=size, threshold=thr, mask_threshold=0.5, overlap_mask_area_threshold=ov, label_ids_to_fuse=fuse, segments=r["segments_info"]))
                maps[f"{len(cases) - 1}"] = byte(r["segmentation"])
    return cases, maps


def make(out, name, cfg, proc, shape, dtype, seed):
    d = os.path.join(out, name); os.makedirs(d, exist_ok=True)
    c = config(**cfg)
    torch.manual_seed(seed)
    model = Mask2FormerForUniversalSegmentation(c).eval()
    randomize(model, seed)
    model.to(dtype).save_pretrained(d)
    processor = Mask2FormerImageProcessor(ignore_index=255, do_reduce_labels=False, **proc)
    processor.save_pretrained(d)
    im = picture(*shape, seed)
    Image.fromarray(im).save(os.path.join(d, "image.ppm"))
    x = processor(Image.fromarray(im), return_tensors="pt")["pixel_values"]
    o, t = stages(model.double(), x.double())
    t["pixel_values"] = x.float().contiguous()
    _, t32 = stages(model.float(), x.float())
    save_file(t, os.path.join(d, "expected.safetensors"))
    labels = len(c.id2label)
    cases, maps = postprocess(processor, o, shape, labels)
    save_file({k: v.contiguous() for k, v in maps.items()}, os.path.join(d, "maps.safetensors"))
    # how far float32 itself is from float64 on this fixture: no implementation can be held to less
    noise = {k: float((t[k] - t32[k]).abs().max()) for k in t32}
    json.dump(dict(image=list(shape), pixel_values=list(x.shape), labels=labels, float32_noise=noise, cases=cases),
              open(os.path.join(d, "expected.json"), "w"), indent=1)
    print(name, tuple(x.shape), "class noise %.1e mask noise %.1e" % (noise["class_queries_logits"], noise["masks_queries_logits"]),
          "panoptic segments", sorted({len(c["segments"]) for c in cases if c["task"] == "panoptic"}),
          "instance", sorted({len(c["segments"]) for c in cases if c["task"] == "instance"}))


def make_stages_only(out, name, cfg, batch, height, width, seed, with_attentions=False):
    d = os.path.join(out, name); os.makedirs(d, exist_ok=True)
    torch.manual_seed(seed)
    model = Mask2FormerForUniversalSegmentation(config(**cfg)).eval()
    randomize(model, seed)
    g = torch.Generator().manual_seed(seed)
    for p in projections(model):
        p.weight.data = torch.randn(p.weight.shape, generator=g) / p.weight.shape[1] ** 0.5
        p.bias.data = torch.randn(p.bias.shape, generator=g) * 0.1
    model.save_pretrained(d)
    f = os.path.join(d, "model.safetensors")
    weights = load_file(f)
    for i, p in enumerate(projections(model)):
        weights[f"model.transformer_module.input_projections.{i}.weight"] = p.weight.data.clone()
        weights[f"model.transformer_module.input_projections.{i}.bias"] = p.bias.data.clone()
    save_file(weights, f, metadata={"format": "pt"})
    x = torch.stack([torch.from_numpy(picture(height, width, seed + i)).permute(2, 0, 1) for i in range(batch)])
    x = (x.float() / 255 - 0.45) / 0.225
    channels = getattr(model.config.backbone_config, "num_channels", 3)
    x = torch.cat([x, x.flip(1)], 1)[:, :channels]
    for p in projections(model):
        p.double()
    _, t = stages(model.double(), x.double(), with_attentions)
    t["pixel_values"] = x.contiguous()
    for p in projections(model):
        p.float()
    _, t32 = stages(model.float(), x, with_attentions)
    save_file(t, os.path.join(d, "expected.safetensors"))
    noise = {k: float((t[k] - t32[k]).abs().max()) for k in t32}
    json.dump(dict(pixel_values=list(x.shape), float32_noise=noise), open(os.path.join(d, "expected.json"), "w"), indent=1)
    print(name, tuple(x.shape), "class noise %.1e mask noise %.1e" % (noise["class_queries_logits"], noise["masks_queries_logits"]))


def spread_of(name, shape):
    """The centre of the numbers of a tensor, and how far they reach: find_spread() of tests/stages/drawn.c."""
    if name.endswith("running_var"):
        return 0.9, 1.2
    if name.endswith("bias"):
        return 0.0, 0.35
    if len(shape) == 1:
        return (0.0 if name.endswith("running_mean") else 1.0), 0.7
    return 0.0, float(np.sqrt(12.0 * shape[0] / np.prod(shape)))


def draw(tensor, name, shape):
    """Numbers that tests/stages/drawn.c draws, too."""
    h = np.arange(np.prod(shape), dtype=np.uint32) + np.uint32(tensor * 0x9e3779b9 & 0xffffffff)
    h = (h ^ h >> 16) * np.uint32(0x7feb352d)
    h = (h ^ h >> 15) * np.uint32(0x846ca68b)
    centre, spread = spread_of(name, shape)
    u = ((h ^ h >> 16) >> 8).astype(np.float64) / (1 << 24)
    return torch.from_numpy((centre + (u - 0.5) * spread).astype(np.float32)).reshape(shape)


def make_drawn(out, name, cfg, height, width):
    d = os.path.join(out, name); os.makedirs(d, exist_ok=True)
    Mask2FormerForUniversalSegmentation(config(**cfg)).save_pretrained(d)
    f = os.path.join(d, "model.safetensors")
    weights = load_file(f)
    names = sorted(n for n, t in weights.items() if t.is_floating_point() and not n.startswith("criterion."))
    for i, n in enumerate(names):
        weights[n] = draw(i, n, weights[n].shape)
    save_file(weights, f, metadata={"format": "pt"})
    model = Mask2FormerForUniversalSegmentation.from_pretrained(d).eval()
    os.remove(f)
    with open(os.path.join(d, "drawn.json"), "w") as listing:
        listing.write("[\n" + ",\n".join(json.dumps([n, *weights[n].shape]) for n in names) + "\n]\n")
    x = torch.from_numpy(picture(height, width, 1)).permute(2, 0, 1)[None].float() / 128 - 1
    store_stages(d, model, x)


def store_stages(d, model, x):
    _, t = stages(model.double(), x.double())
    _, t32 = stages(model.float(), x)
    t["pixel_values"] = x.contiguous()
    save_file(t, os.path.join(d, "expected.safetensors"))
    noise = {k: float((t[k] - t32[k]).abs().max()) for k in t32}
    json.dump(dict(pixel_values=list(x.shape), float32_noise=noise), open(os.path.join(d, "expected.json"), "w"), indent=1)
    print(d, tuple(x.shape), "class noise %.1e mask noise %.1e" % (noise["class_queries_logits"], noise["masks_queries_logits"]))


if __name__ == "__main__":
    for folder, table, function in (("fixtures", FIXTURES, make), ("stages", STAGES_ONLY, make_stages_only),
                                    ("stages", DRAWN, make_drawn)):
        for n, a in table.items():
            if len(sys.argv) < 3 or n in sys.argv[2:]:
                function(os.path.join(sys.argv[1], folder), n, *a)
