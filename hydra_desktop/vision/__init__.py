"""Everything of torch and onnxruntime: pictures in, probabilities and evidence maps out."""
