package dev.hone.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.error.HoneException;
import dev.hone.tensor.DType;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import dev.hone.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class Float8Test {
  private static final String NAME = "a.weight";

  @TempDir private Path folder;

  /** Sign, 4 bits of exponent biased by 7, 3 of fraction; no infinity. */
  private static double e4m3(int bits) {
    int exponent = bits >> 3 & 15;
    double fraction = (bits & 7) / 8.0;
    double size =
        exponent == 0 ? fraction * Math.pow(2, -6) : (1 + fraction) * Math.pow(2, exponent - 7);
    return bits >= 128 ? -size : size;
  }

  /** Sign, 5 bits of exponent biased by 15, 2 of fraction. */
  private static double e5m2(int bits) {
    int exponent = bits >> 2 & 31;
    double fraction = (bits & 3) / 4.0;
    double size =
        exponent == 0 ? fraction * Math.pow(2, -14) : (1 + fraction) * Math.pow(2, exponent - 15);
    return bits >= 128 ? -size : size;
  }

  /** Every byte that is a number, through a file and back. */
  @ParameterizedTest
  @ValueSource(strings = {"F8_E4M3", "F8_E5M2"})
  void everyByteIsTheNumberOfItsFormat(String type) throws IOException {
    DType dtype = DType.valueOf(type);
    float[] all = new float[256];
    for (int bits = 0; bits < 256; bits++) {
      boolean finite = dtype == DType.F8_E4M3 ? (bits & 127) != 127 : (bits & 124) != 124;
      all[bits] = finite ? (float) (dtype == DType.F8_E4M3 ? e4m3(bits) : e5m2(bits)) : 0;
    }
    try (Scope scope = Scope.open()) {
      Tensor numbers = Tensors.of(all, 16, 16);
      try (ModelFolder opened = folder("{}", Map.of(NAME, numbers.to(dtype)))) {
        assertEquals(dtype, opened.tensor(NAME).dtype());
        assertArrayEquals(all, opened.numbers(NAME).toFloats());
      }
    }
  }

  private ModelFolder folder(String config, Map<String, Tensor> tensors) throws IOException {
    Files.writeString(folder.resolve("config.json"), config);
    TensorFile.write(folder.resolve("model.safetensors"), tensors);
    return ModelFolder.open(folder);
  }

  private ModelFolder scaled(String config, String ending, Tensor scales) throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    tensors.put(NAME, Tensors.ones(3, 5).to(DType.F8_E4M3));
    if (!ending.isEmpty()) {
      tensors.put(NAME + ending, scales);
    }
    return folder(config, tensors);
  }

  @Test
  void scalesMultiplyAllOrRowsOrBlocks() throws IOException {
    try (Scope scope = Scope.open()) {
      try (ModelFolder one = scaled("{}", "_scale", Tensors.full(0.5, 1))) {
        assertArrayEquals(Tensors.full(0.5, 3, 5).toFloats(), one.numbers(NAME).toFloats());
        assertEquals(Set.of(NAME + "_scale"), one.scales());
      }
      Tensor rows = Tensors.of(new float[] {1, 2, 3}, 3, 1);
      try (ModelFolder each = scaled("{}", "_scale", rows)) {
        assertArrayEquals(rows.expand(3, 5).reshape(-1).toFloats(), each.numbers(NAME).toFloats());
      }
      Tensor blocks = Tensors.of(new float[] {1, 2, 3, 4}, 2, 2);
      String config = "{\"quantization_config\": {\"weight_block_size\": [2, 4]}}";
      try (ModelFolder each = scaled(config, "_scale_inv", blocks)) {
        assertArrayEquals(
            new float[] {1, 1, 1, 1, 2, 1, 1, 1, 1, 2, 3, 3, 3, 3, 4},
            each.numbers(NAME).toFloats());
      }
    }
  }

  @Test
  void scalesThatAreMissedOrDoNotFitAreNamed() throws IOException {
    try (Scope scope = Scope.open()) {
      String quantised = "{\"quantization_config\": {\"quant_method\": \"fp8\"}}";
      try (ModelFolder missing = scaled(quantised, "", Tensors.ones(1))) {
        assertTrue(refusal(missing).contains("'a.weight' of type F8_E4M3 has no scales"));
      }
      try (ModelFolder odd = scaled("{}", "_scale", Tensors.ones(2, 2))) {
        assertTrue(refusal(odd).contains("has scales of shape [2, 2] for its shape [3, 5]"));
      }
    }
  }

  private static String refusal(ModelFolder folder) {
    return assertThrows(HoneException.class, () -> folder.numbers(NAME)).toString();
  }
}
