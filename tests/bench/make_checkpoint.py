"""Writes a full-size checkpoint with seeded random weights, laid out like the published ones.

    python3 make_checkpoint.py OUT {tiny,small,base,large,resnet50,dinov2-small,convnext-tiny,swinv2-tiny} [labels]      (labels: 133)

Shapes, tensor names, config.json and preprocessor_config.json (384 x 384) are those of
facebook/mask2former-swin-*-coco-panoptic, or have another backbone of the published size in Swin's place; the weights are random but spread like trained ones,
so that speed and numerical agreement can be measured without the published files.
"""
import os, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data"))
import torch
from transformers import (ConvNextConfig, Dinov2Config, Mask2FormerConfig, Mask2FormerForUniversalSegmentation,
                          Mask2FormerImageProcessor, ResNetConfig, SwinConfig, Swinv2Config)
from make_fixtures import randomize, STAGES

SIZES = {"tiny": (96, [2, 2, 6, 2], [3, 6, 12, 24], 7, 100), "small": (96, [2, 2, 18, 2], [3, 6, 12, 24], 7, 100),
         "base": (128, [2, 2, 18, 2], [4, 8, 16, 32], 12, 100), "large": (192, [2, 2, 18, 2], [6, 12, 24, 48], 12, 200)}


def build(size, labels=133):
    if size == "resnet50":
        backbone, q = ResNetConfig(out_features=STAGES), 100
    elif size == "dinov2-small":
        backbone, q = Dinov2Config(hidden_size=384, num_attention_heads=6, image_size=518, out_indices=[3, 6, 9, 12]), 100
    elif size == "convnext-tiny":
        backbone, q = ConvNextConfig(out_features=STAGES), 100
    elif size == "swinv2-tiny":
        backbone, q = Swinv2Config(window_size=8, image_size=256, out_features=STAGES), 100
    else:
        e, d, h, w, q = SIZES[size]
        backbone = SwinConfig(embed_dim=e, depths=d, num_heads=h, window_size=w, drop_path_rate=0.0,
                              out_features=STAGES)
    c = Mask2FormerConfig(backbone_config=backbone, num_queries=q, id2label={i: f"class {i}" for i in range(labels)},
                          label2id={f"class {i}": i for i in range(labels)})
    torch.manual_seed(0)
    m = Mask2FormerForUniversalSegmentation(c).eval()
    randomize(m, 0)
    return m


if __name__ == "__main__":
    build(sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 133).save_pretrained(sys.argv[1])
    Mask2FormerImageProcessor(ignore_index=255, do_reduce_labels=False, size={"height": 384, "width": 384}).save_pretrained(sys.argv[1])
