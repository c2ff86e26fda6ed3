"""`qwen3-embed export`."""

from qwen3_embed_integrations.checkpoints.export_manifest import read_manifest


def test_it_says_what_was_written_and_how_near_it_is(run, checkpoint, tmp_path):
    code, out, _ = run("export", "--model", checkpoint, "--output", "here", "--dtype", "int8", "--check")
    assert code == 0
    first, second, third = out.splitlines()
    assert first.startswith("here: embedding model model in int8, ")
    assert second.startswith("18 embeddings compared with torch's float32: ")
    assert second.endswith("bound of int8: mean cosine 0.99.")
    assert third == "Use it without torch: Qwen3Encoder(model='here', backend=\"onnx\")"
    assert read_manifest(tmp_path / "here").dtype == "int8"


def test_doctor_reports_what_runs_an_export(run):
    code, out, _ = run("doctor", "--backend", "onnx")
    assert code == 0
    assert "tiny, exported embedding model, float32, opset 23" in out
    assert "onnxruntime" in out


def test_an_existing_output_is_refused_in_one_line(run, assert_refused, tmp_path):
    (tmp_path / "here").mkdir()
    assert_refused(run("export", "--output", "here"), "'here' already exists")
