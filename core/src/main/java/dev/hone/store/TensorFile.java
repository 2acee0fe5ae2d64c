package dev.hone.store;

import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Named tensors in one safetensors file. */
public final class TensorFile {
  private TensorFile() {}

  /** Writes atomically; a NaN or infinity is refused by name, and the old file stays. */
  public static void write(Path file, Map<String, Tensor> tensors) {
    try (Scope scope = Scope.open()) {
      SafetensorsWriter.write(file, entries(tensors), Map.of("format", "pt"));
    }
  }

  /** Their numbers as they will be written, for as long as the open scope. */
  static List<TensorEntry> entries(Map<String, Tensor> tensors) {
    List<TensorEntry> entries = new ArrayList<>();
    tensors.forEach(
        (name, tensor) -> {
          Tensor plain = tensor.detach().cpu().contiguous();
          entries.add(new TensorEntry(name, plain.dtype(), plain.shape(), plain.memory()));
        });
    return entries;
  }

  /** Reads copies that belong to the open scope. */
  public static Map<String, Tensor> read(Path file) {
    try (Safetensors opened = Safetensors.open(file)) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      for (String name : opened.names()) {
        TensorEntry entry = opened.get(name);
        tensors.put(name, Tensors.over(entry.data(), entry.dtype(), entry.shape()).copy());
      }
      return tensors;
    }
  }
}
