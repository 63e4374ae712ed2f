#!/usr/bin/env python3
"""m2f bench --profile prints one JSON object whose parts add up, and a table, on every device.

    check-profile.py M2F CHECKPOINT
"""
import json
import subprocess
import sys

OP_KEYS = {"stage", "op", "result", "shape", "calls", "ms", "gflop_per_s", "gb_per_s"}
STAGE_KEYS = {"stage", "ms", "gflop_per_s", "gb_per_s", "outside_ops_ms"}
STAGES = ["preprocess", "backbone", "pixel_decoder", "decoder", "postprocess"]
STEP = 0.002  # stages are timed in whole microseconds, ms are printed to a tenth of one


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True)


def check(tool, checkpoint, device):
    done = output(tool, "bench", checkpoint, "--device", device, "--runs", "2", "--frame", "96x128",
                  "--format", "nv12", "--profile")
    report = json.loads(done.stdout)
    assert [s["stage"] for s in report["stages"]] == STAGES, report["stages"]
    assert report["profile"], "no ops"
    total, forward = report["total_ms"]["median"], report["forward_ms"]["median"]
    assert abs(report["total_over_forward"] * forward / total - 1) < 1e-3 + 1e-3 / forward
    for stage in report["stages"]:
        assert set(stage) == STAGE_KEYS, stage
        own = [op for op in report["profile"] if op["stage"] == stage["stage"].replace("_", " ")]
        assert own, f"no op in {stage['stage']}"
        in_ops = sum(op["ms"] for op in own)
        assert in_ops <= stage["ms"] + STEP, (stage, in_ops)
        assert -STEP <= stage["outside_ops_ms"] <= stage["ms"] - in_ops + STEP, (stage, in_ops)
    for op in report["profile"]:
        assert set(op) == OP_KEYS, op
        assert op["calls"] > 0 and op["ms"] >= 0, op
        if op["op"] in ("linear", "matmul", "conv3x3"):
            assert op["gflop_per_s"] > 0, op
        assert op["op"] in done.stderr and op["shape"] in done.stderr, op
    if device == "cpu":
        assert report["peaks"]["fp32_gflop_per_s"] > 0 and report["peaks"]["memory_gb_per_s"] > 0
    else:
        assert report["peaks"] is None
    print(f"{device}: {len(report['profile'])} ops")

    plain = json.loads(output(tool, "bench", checkpoint, "--device", device, "--runs", "1").stdout)
    assert not {"peaks", "stages", "profile"} & set(plain), plain


tool, checkpoint = sys.argv[1:]
for line in output(tool, "devices").stdout.splitlines():
    check(tool, checkpoint, json.loads(line)["device"])
