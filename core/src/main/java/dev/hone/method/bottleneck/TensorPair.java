package dev.hone.method.bottleneck;

import dev.hone.store.TensorFile;
import dev.hone.store.TorchFile;
import dev.hone.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * The two files that hold the same tensors. AdapterHub reads torch's form unless it is told
 * otherwise; the other needs no pickle, and is read where both are there.
 */
record TensorPair(String safetensors, String torch) {
  static final TensorPair ADAPTER = new TensorPair("adapter.safetensors", "pytorch_adapter.bin");
  static final TensorPair HEAD = new TensorPair("model_head.safetensors", "pytorch_model_head.bin");
  static final TensorPair FUSION =
      new TensorPair("model_adapter_fusion.safetensors", "pytorch_model_adapter_fusion.bin");

  boolean isIn(Path folder) {
    return Files.exists(folder.resolve(safetensors)) || Files.exists(folder.resolve(torch));
  }

  Path in(Path folder) {
    Path first = folder.resolve(safetensors);
    return Files.exists(first) ? first : folder.resolve(torch);
  }

  Map<String, Tensor> read(Path folder) {
    Path file = in(folder);
    return file.endsWith(safetensors) ? TensorFile.read(file) : TorchFile.read(file);
  }

  void write(Path folder, Map<String, Tensor> tensors) {
    TensorFile.write(folder.resolve(safetensors), tensors);
    TorchFile.write(folder.resolve(torch), tensors);
  }
}
