package dev.hone.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.hone.TinyModels;
import dev.hone.method.Full;
import dev.hone.method.Method;
import dev.hone.model.Model;
import dev.hone.tensor.Scope;
import dev.hone.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MomentsOnDiskTest {
  @TempDir Path folder;

  private static Map<String, float[]> trained(TrainConfig config) {
    try (Model model = TinyModels.random(TinyModels.llamaConfig("{}"));
        Method method = new Full(model)) {
      Toy.trainer(model, method, config, new TrainListener() {}).run();
      Map<String, float[]> values = new TreeMap<>();
      try (Scope scope = Scope.open()) {
        method.trainable().forEach((name, tensor) -> values.put(name, tensor.toFloats()));
      }
      return values;
    }
  }

  @Test
  void trainsToTheSameBits() {
    Map<String, float[]> memory = trained(Toy.config(Map.of("steps", 7)));
    Map<String, float[]> disk = trained(Toy.config(Map.of("steps", 7, "momentsOnDisk", true)));
    assertEquals(memory.keySet(), disk.keySet());
    memory.forEach((name, values) -> assertArrayEquals(values, disk.get(name), name));
  }

  @Test
  void theFileBeginsWithZerosAndGoesInTheEnd() throws IOException {
    Path file = folder.resolve("new/moments.scratch");
    try (DiskTensors disk = new DiskTensors(file);
        Scope scope = Scope.open()) {
      Tensor one = disk.zeros(3, 5);
      Tensor other = disk.zeros(2);
      one.fill(7);
      disk.unload();
      assertArrayEquals(new float[2], other.toFloats());
      assertArrayEquals(new float[] {7, 7, 7, 7, 7}, one.select(0, 2).toFloats());
      assertEquals((3 * 5 + 2) * 4, Files.size(file));
      one.close();
      other.close();
    }
    assertFalse(Files.exists(file));
    try (Stream<Path> left = Files.list(file.getParent())) {
      assertTrue(left.findAny().isEmpty());
    }
  }
}
